import type { ConnectOptions, Transport, TransportCapabilities } from "../../contracts.ts";
import { AmqpConnection } from "./amqp-connection.ts";
import { type AmqpDriver, type DriverConnection, loadAmqpDriver } from "./amqp-driver.ts";
import { connectFailure } from "./amqp-errors.ts";
import { type AmqpOptions, readAmqpOptions } from "./amqp-options.ts";
import { connectTimeoutMs, driverTarget, type DriverTarget } from "./broker-address.ts";

const capabilities: TransportCapabilities = {
  exchangeTypes: ["direct", "topic", "fanout", "headers"],
  priorities: "high-first",
  durable: true,
  multiProcess: true,
  confirms: true,
  heartbeats: true,
  deliveryCount: true,
  exactPrefetch: false,
  returnsUnmarked: false,
  recovery: "immediate",
  messageTtl: true,
  deadLetter: true,
};

/**
 * Transport for RabbitMQ (AMQP 0-9-1): `amqp://`, `amqps://`, and kombu's names `pyamqp://` and `librabbitmq://`.
 * Needs the package `amqplib`, which is loaded on the first `connect`. Deliveries are counted on quorum queues only.
 *
 * @see kombu/transport/pyamqp.py
 */
export function createAmqpTransport(): Transport {
  // What a broker taught us about its queues must survive the connection that it ended to tell us.
  const perConsumerQueues = new Set<string>();
  return {
    name: "amqp",
    capabilities,
    async connect(connect: ConnectOptions): Promise<AmqpConnection> {
      const options = await readAmqpOptions(connect.transportOptions);
      const driver = await loadAmqpDriver();
      const target = await driverTarget(driver, connect, options);
      return establish(driver, target, { connect, options, perConsumerQueues });
    },
  };
}

interface Establishing {
  readonly connect: ConnectOptions;
  readonly options: AmqpOptions;
  readonly perConsumerQueues: Set<string>;
}

function establish(driver: AmqpDriver, target: DriverTarget, wanted: Establishing): Promise<AmqpConnection> {
  const { connect, options, perConsumerQueues } = wanted;
  const { clock, logger } = connect;
  const { where } = target;
  return new Promise((resolve, reject) => {
    const timeoutMs = connectTimeoutMs(connect, options);
    let isLate = false;
    // The driver's own limit counts from the last byte, so that a trickling peer could keep us waiting.
    const cancel = clock.schedule(timeoutMs, () => {
      isLate = true;
      reject(connectFailure(new Error(`no connection within ${timeoutMs} ms`), where));
    });
    const done = (error: Error | null | undefined, opened?: DriverConnection): void => {
      cancel();
      if (error || opened === undefined) return reject(connectFailure(error, where));
      const connection = new AmqpConnection(opened, { options, logger, clock, where, perConsumerQueues });
      if (isLate) void connection[Symbol.asyncDispose]();
      else resolve(connection);
    };
    try {
      driver.connect(target.url, target.socket, done);
    } catch (error) {
      done(error as Error);
    }
  });
}
