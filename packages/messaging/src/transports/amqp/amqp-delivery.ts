import type { Delivery, Settlement, WireMessage } from "../../contracts.ts";
import type { DriverMessage } from "./amqp-driver.ts";
import { deliveryCount, fromDriver } from "./amqp-properties.ts";

/** Who settles a delivery: the driver's channel on which it came, and no other. */
export interface DeliverySource {
  settle(deliveryTag: number, how: Settlement): void;
}

/** A message from RabbitMQ, with the number under which its channel knows it. */
export class AmqpDelivery implements Delivery {
  readonly message: WireMessage;
  readonly queue: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly malformed: undefined;
  readonly deliveryTag: number;
  readonly source: DeliverySource;

  constructor(received: DriverMessage, queue: string, source: DeliverySource) {
    const { fields } = received;
    this.message = fromDriver(received);
    this.queue = queue;
    this.exchange = fields.exchange;
    this.routingKey = fields.routingKey;
    this.redelivered = fields.redelivered;
    this.malformed = undefined;
    this.deliveryTag = fields.deliveryTag;
    this.source = source;
  }

  get tag(): string {
    return String(this.deliveryTag);
  }

  get deliveryCount(): number | undefined {
    return deliveryCount(this.message.headers);
  }
}
