import {
  asError,
  type Clock,
  ClosedError,
  type Logger,
  type RetryPolicy,
  retryOverTime,
  silentLogger,
  systemClock,
} from "@q/kernel";
import type { ConnectOptions, Transport, TransportConnection } from "../contracts.ts";
import { ConnectionError } from "../errors.ts";
import { createTransportRegistry, type TransportRegistry } from "../transport-registry.ts";
import { abortable, bounded } from "./bounded.ts";
import type { BrokerUrl } from "./broker-url.ts";
import { failoverOrder, type FailoverStrategy } from "./failover.ts";
import { isFinalError } from "./final-error.ts";
import { Listeners } from "./listeners.ts";
import { asUri, type AsUriOptions, parseBrokerUrl, parseBrokerUrls } from "./parse-url.ts";

/** Options of a {@link Connection}. */
export interface ConnectionOptions {
  /** Options for the transport, under Celery's names in either spelling (`visibility_timeout`). Default none. */
  readonly transportOptions?: Readonly<Record<string, unknown>>;
  /** Bound of one attempt to connect, milliseconds. Default 5000. The URL parameter `connect_timeout` (seconds) wins. */
  readonly connectTimeoutMs?: number;
  /** AMQP heartbeat, seconds; 0 disables. Default 120, as Celery's. The URL parameter `heartbeat` wins. */
  readonly heartbeatSeconds?: number;
  /** TLS: `true`, or options of `node:tls`. Default false; schemes such as `rediss` turn it on by themselves. */
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
  /** Shown by brokers that list their clients. Default `q`. */
  readonly clientName?: string;
  /** The order in which several URLs are tried. Default `round-robin`. */
  readonly failoverStrategy?: FailoverStrategy;
  /** How long `connect` goes on trying. Default {@link defaultConnectPolicy}. */
  readonly retryPolicy?: RetryPolicy;
  /** Where transports come from. Default the built-in ones. */
  readonly transports?: TransportRegistry;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly clock?: Clock;
}

/**
 * 100 retries, the first after 0.1 s, then 0.4 s more each time and never more than 3 s apart.
 *
 * kombu starts at 2 s and grows to 30 s; then a broker that is back is noticed up to half a minute late. Three seconds
 * keep that below five with the time to connect included, and cost a broker that is down next to nothing.
 */
export const defaultConnectPolicy: RetryPolicy = {
  maxRetries: 100,
  intervalStart: 0.1,
  intervalStep: 0.4,
  intervalMax: 3,
};

/** Where a {@link Connection} is in its life; see there. */
export type ConnectionState = "idle" | "connecting" | "connected" | "lost" | "closed";

/** What a {@link Connection} tells its listeners. URLs are masked. */
export interface ConnectionEvents {
  /** A new connection is up. */
  readonly connected: { readonly url: string };
  /** The connection that was up is gone, without anybody having asked for it. */
  readonly lost: { readonly error: Error };
  /** All URLs have failed; the next round begins after `delayMs`. `retry` counts from 0. */
  readonly retry: { readonly error: Error; readonly retry: number; readonly delayMs: number };
}

/** What a connection says about itself; holds no password. The names are those of Celery's `inspect stats`. */
export interface ConnectionInfo {
  readonly transport: string;
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly userid: string | undefined;
  readonly virtualHost: string | undefined;
  readonly ssl: boolean;
  /** Seconds. */
  readonly connectTimeout: number;
  /** Seconds. */
  readonly heartbeat: number;
  readonly failoverStrategy: string;
  readonly alternates: readonly string[];
  readonly transportOptions: Readonly<Record<string, unknown>>;
}

/**
 * The way to one broker, or to the first of several that answers. Making one costs nothing and connects to nothing.
 *
 * States:
 * - *idle*: nobody has asked for a connection yet, or the last attempt failed. `connect` leads to *connecting*.
 * - *connecting*: one pass over the URLs is under way; every caller of `connect` waits for the same one.
 *   A URL that answers leads to *connected*, otherwise it is *idle* again (each caller retries by its own policy).
 * - *connected*: `connect` returns the live connection at once. Its loss leads to *lost*.
 * - *lost*: as *idle*, but there was a connection before. It is never repaired; `connect` makes a new one, and whoever
 *   held channels, consumers or declarations builds them anew (`Consumer` and `Producer` do).
 * - *closed*: final. `connect` rejects.
 */
export class Connection implements AsyncDisposable {
  readonly #urls: readonly BrokerUrl[];
  readonly #options: ConnectionOptions;
  readonly #transports: TransportRegistry;
  readonly #order: Iterator<string, string>;
  readonly #listeners: Listeners<ConnectionEvents>;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #url: BrokerUrl;
  #state: ConnectionState = "idle";
  #live: TransportConnection | undefined;
  #pass: Promise<TransportConnection> | undefined;
  readonly #closing: AbortController = new AbortController();

  /**
   * @param urls one URL, several separated by `;`, or a list
   * @throws {BrokerUrlError} when a URL cannot be read
   */
  constructor(urls: string | readonly string[], options: ConnectionOptions = {}) {
    this.#urls = parseBrokerUrls(urls);
    this.#options = options;
    this.#transports = options.transports ?? createTransportRegistry();
    this.#logger = options.logger ?? silentLogger;
    this.#clock = options.clock ?? systemClock;
    this.#listeners = new Listeners(this.#logger);
    this.#order = failoverOrder(
      this.#urls.map((url) => url.href),
      options.failoverStrategy ?? "round-robin",
    );
    this.#url = this.#nextUrl();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /**
   * The live connection, or a new one. Concurrent callers share one attempt; each keeps to its own policy.
   * One try of the policy is one pass over all URLs, beginning with the one that worked last.
   *
   * @throws {ConnectionError} when the policy is exhausted
   * @throws {AccessRefusedError} at once, when every URL that answers refuses us
   * @throws {ClosedError} after `close`
   */
  async connect(options: { policy?: RetryPolicy; signal?: AbortSignal } = {}): Promise<TransportConnection> {
    const { policy = this.#options.retryPolicy ?? defaultConnectPolicy } = options;
    options.signal?.throwIfAborted();
    if (this.#live) return this.#live;
    const closing = this.#closing.signal;
    const signal = options.signal ? AbortSignal.any([options.signal, closing]) : closing;
    signal.throwIfAborted();
    const made = retryOverTime(() => abortable(this.#connectOnce(), signal), {
      policy,
      clock: this.#clock,
      signal,
      isRetryable: (error) => !isFinalError(error),
      onRetry: (error, retry, delayMs) => {
        this.#logger.warn(
          { err: error, retry, delayMs, url: this.asUri() },
          "cannot connect to the broker, trying again",
        );
        this.#listeners.emit("retry", { error, retry, delayMs });
      },
    });
    try {
      return await made;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Calls `listener` at every `connected`, `lost` or `retry`; the function returned ends that. */
  on<TName extends keyof ConnectionEvents>(
    event: TName,
    listener: (event: ConnectionEvents[TName]) => void,
  ): () => void {
    return this.#listeners.add(event, listener);
  }

  /** The transport of the current URL, with its capabilities. Loads it, but connects to nothing. */
  transport(): Promise<Transport> {
    return this.#transports.resolve(this.#url);
  }

  /**
   * Takes a connection for dead, also when it has not said so: what it still holds on this side is released.
   * Does nothing when `connection` is no longer the live one.
   */
  giveUpOn(connection: TransportConnection, error: Error): void {
    if (this.#live !== connection) return;
    this.#live = undefined;
    this.#state = "lost";
    this.#logger.warn({ err: error, url: this.asUri() }, "the connection to the broker is lost");
    this.#listeners.emit("lost", { error });
    this.#abandon(connection);
  }

  /** A connection of its own to the same broker. */
  clone(): Connection {
    return new Connection(
      this.#urls.map((url) => url.href),
      this.#options,
    );
  }

  /** The current URL; its password masked, unless asked for. */
  asUri(options: AsUriOptions = {}): string {
    return asUri(this.#url, options);
  }

  info(): ConnectionInfo {
    const { url, ssl, connectTimeoutMs, heartbeatSeconds, transportOptions } = this.#connectOptions();
    const { failoverStrategy = "round-robin" } = this.#options;
    return {
      transport: url.scheme,
      hostname: url.hostname,
      port: url.port,
      userid: url.username,
      virtualHost: url.virtualHost,
      ssl: ssl !== false,
      connectTimeout: connectTimeoutMs / 1000,
      heartbeat: heartbeatSeconds,
      failoverStrategy: typeof failoverStrategy === "string" ? failoverStrategy : failoverStrategy.name,
      alternates: this.#urls.filter((other) => other.href !== url.href).map((other) => asUri(other)),
      transportOptions,
    };
  }

  /** Closes the live connection, if any, and ends every wait in `connect`. Further calls do nothing. */
  async close(): Promise<void> {
    const live = this.#live;
    this.#live = undefined;
    this.#state = "closed";
    this.#closing.abort(new ClosedError("The connection is closed. Make a new one."));
    await live?.[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Joins the pass that is under way, or begins one. */
  #connectOnce(): Promise<TransportConnection> {
    if (this.#live) return Promise.resolve(this.#live);
    if (this.#pass) return this.#pass;
    const before = this.#state;
    this.#state = "connecting";
    this.#pass = this.#tryUrls().finally(() => {
      this.#pass = undefined;
      if (this.#state === "connecting") this.#state = before;
    });
    return this.#pass;
  }

  async #tryUrls(): Promise<TransportConnection> {
    const errors: Error[] = [];
    for (const _ of this.#urls) {
      try {
        const made = await this.#tryUrl();
        this.#adopt(made);
        return made;
      } catch (thrown) {
        errors.push(asError(thrown));
        if (this.#state === "closed") break;
        this.#url = this.#nextUrl();
      }
    }
    // Worth another round as long as one of the brokers may come back.
    throw errors.findLast((error) => !isFinalError(error)) ?? errors.at(-1) ?? new ConnectionError("no URL");
  }

  async #tryUrl(): Promise<TransportConnection> {
    const transport = await this.transport();
    const options = this.#connectOptions();
    const connecting = transport.connect(options);
    // The transport keeps to its own limit; the second more is for one that does not.
    const limitMs = options.connectTimeoutMs + 1000;
    let isLate = false;
    const tooLate = (): Error => {
      isLate = true;
      return new ConnectionError(`The broker at ${asUri(options.url)} did not answer within ${limitMs} ms.`);
    };
    connecting.then((made) => isLate && this.#abandon(made)).catch(() => {});
    return bounded(connecting, { clock: this.#clock, limitMs, tooLate });
  }

  #adopt(made: TransportConnection): void {
    if (this.#state === "closed") {
      this.#abandon(made);
      throw new ClosedError("The connection was closed while it was being made.");
    }
    this.#live = made;
    this.#state = "connected";
    void made.lost.then((error) => this.giveUpOn(made, error));
    this.#logger.debug({ url: this.asUri() }, "connected to the broker");
    this.#listeners.emit("connected", { url: this.asUri() });
  }

  /** Closes a connection that nobody waits for any more; a dead one may take long about it, or fail. */
  #abandon(connection: TransportConnection): void {
    Promise.resolve(connection[Symbol.asyncDispose]()).catch((err: unknown) => {
      this.#logger.debug({ err }, "an abandoned connection did not close cleanly");
    });
  }

  #nextUrl(): BrokerUrl {
    const href = this.#order.next().value;
    return this.#urls.find((url) => url.href === href) ?? parseBrokerUrl(href);
  }

  #connectOptions(): ConnectOptions {
    const { options, url } = { options: this.#options, url: this.#url };
    return {
      url,
      alternates: this.#urls,
      transportOptions: options.transportOptions ?? {},
      connectTimeoutMs: seconds(url, "connect_timeout", 1000) ?? options.connectTimeoutMs ?? 5000,
      heartbeatSeconds: seconds(url, "heartbeat", 1) ?? options.heartbeatSeconds ?? 120,
      ssl: options.ssl ?? false,
      clientName: options.clientName ?? "q",
      logger: this.#logger,
      clock: this.#clock,
    };
  }
}

/** A number of seconds from the parameters of a URL, in units of `1 / unit` seconds. */
function seconds(url: BrokerUrl, parameter: string, unit: number): number | undefined {
  const value = Number(url.query[parameter] ?? Number.NaN);
  return Number.isFinite(value) ? value * unit : undefined;
}
