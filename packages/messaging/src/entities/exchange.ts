/** Built-in exchange types; RabbitMQ plug-in types pass through by name. */
export type ExchangeType = "direct" | "topic" | "fanout" | "headers" | (string & {});

/** Options of an {@link Exchange}. */
export interface ExchangeOptions {
  /** Default `direct`. */
  readonly type?: ExchangeType;
  /** Survives a restart of the broker. Default true. */
  readonly durable?: boolean;
  /** Removed when its last binding goes. Default false. */
  readonly autoDelete?: boolean;
  /** Default delivery mode of messages published to it: 1 transient, 2 persistent. Default 2. */
  readonly deliveryMode?: 1 | 2;
  /** Arguments for the broker, such as `alternate-exchange`. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Never declared by us. Default false. */
  readonly noDeclare?: boolean;
}

/** An exchange to be declared on a broker. The exchange named "" is the broker's default one. */
export class Exchange {
  readonly kind = "exchange";
  readonly name: string;
  readonly type: ExchangeType;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly deliveryMode: 1 | 2;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly noDeclare: boolean;

  constructor(name: string, options: ExchangeOptions = {}) {
    this.name = name;
    this.type = options.type ?? "direct";
    this.durable = options.durable ?? true;
    this.autoDelete = options.autoDelete ?? false;
    this.deliveryMode = options.deliveryMode ?? 2;
    this.arguments = options.arguments ?? {};
    this.noDeclare = options.noDeclare ?? name === "";
  }
}
