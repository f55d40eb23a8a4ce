import type { RetryPolicy } from "@q/kernel";
import type { BackendContext, BackendRegistry, ResultBackend } from "@q/backends";
import { createBackendRegistry, NoBackendError, parseBackendUrl } from "@q/backends";
import type { CompressionRegistry, SerializerRegistry, TransportRegistry } from "@q/messaging";
import {
  BodyCodec,
  Connection,
  createCompressionRegistry,
  createSerializerRegistry,
  createTransportRegistry,
  Producer,
} from "@q/messaging/internal/client";
import { effectiveReadUrl, effectiveResultBackend, effectiveWriteUrl } from "../conf/effective-urls.ts";
import { customBackendOf, loadCustomBackend } from "./custom-backend.ts";
import { EventDispatcher } from "../events/event-dispatcher.ts";
import type { App } from "./app.ts";
import { TaskSender } from "./task-sender.ts";

/**
 * Brokers inside of Q. They could drop what has expired, as RabbitMQ does; but then whoever waits for its result would
 * wait for ever, and nobody here depends on it.
 */
const EMBEDDED: readonly string[] = ["memory", "sqlite"];
const AMQP = /^(amqps?|pyamqp|librabbitmq):/;
const REDIS = /^(rediss?|redis\+socket|socket|sentinel|valkeys?|valkey\+socket):/;

/**
 * What an app opens on first use: codecs, connections, the producer, the result backend. Closing gives everything back;
 * the next use opens it again.
 */
export class AppConnections {
  readonly #app: App;
  readonly #transports: TransportRegistry;
  readonly #backends: BackendRegistry;
  readonly #serializers: SerializerRegistry;
  readonly #compressions: CompressionRegistry;
  #write: Connection | undefined;
  #producer: Producer | undefined;
  #events: EventDispatcher | undefined;
  #codec: Promise<BodyCodec> | undefined;
  #backend: Promise<ResultBackend> | undefined;
  #sender: Promise<TaskSender> | undefined;
  /** The sender once everything behind it is there: sending then takes no detour over promises. */
  readySender: TaskSender | undefined;

  constructor(app: App) {
    const { options } = app;
    this.#app = app;
    this.#transports = options.transports ?? createTransportRegistry();
    this.#backends = options.backends ?? createBackendRegistry();
    this.#serializers = options.serializers ?? createSerializerRegistry();
    this.#compressions = options.compressions ?? createCompressionRegistry();
  }

  forWrite(): Connection {
    const { conf } = this.#app;
    // Whoever publishes or asks waits as long as a publish may take; only a worker is patient.
    this.#write ??= this.#connect(effectiveWriteUrl(conf), { retryPolicy: conf.taskPublishRetryPolicy });
    return this.#write;
  }

  forRead(): Connection {
    return this.#connect(effectiveReadUrl(this.#app.conf));
  }

  async producer(): Promise<Producer> {
    const { conf, clock } = this.#app;
    this.#producer ??= new Producer(this.forWrite(), { retryPolicy: conf.taskPublishRetryPolicy, clock });
    return this.#producer;
  }

  /** What this client tells monitors goes through here. */
  events(): EventDispatcher {
    this.#events ??= new EventDispatcher(this.#app);
    return this.#events;
  }

  codec(): Promise<BodyCodec> {
    this.#codec ??= this.#openCodec(this.#app.conf.acceptContent);
    return this.#codec;
  }

  /** Another codec, which reads these formats and no others. */
  async codecFor(accept: readonly string[]): Promise<BodyCodec> {
    const codec = await this.#openCodec(accept);
    await codec.ready(accept);
    return codec;
  }

  backend(): Promise<ResultBackend> {
    // A failed attempt, such as a driver that is not installed, is made again at the next use.
    this.#backend ??= this.#openBackend().catch((error: unknown) => {
      this.#backend = undefined;
      throw error;
    });
    return this.#backend;
  }

  sender(): Promise<TaskSender> {
    this.#sender ??= this.#openSender().catch((error: unknown) => {
      this.#sender = undefined;
      throw error;
    });
    return this.#sender;
  }

  async close(): Promise<void> {
    // The last events want the producer; they may use it for a second at the longest.
    if (this.#events) await this.#events.close();
    this.#events = undefined;
    const [producer, write, backend] = [this.#producer, this.#write, this.#backend];
    this.readySender = undefined;
    this.#sender = undefined;
    this.#producer = undefined;
    this.#write = undefined;
    this.#backend = undefined;
    this.#codec = undefined;
    await producer?.[Symbol.asyncDispose]();
    await (await backend?.catch(() => undefined))?.[Symbol.asyncDispose]();
    await write?.close();
  }

  #connect(urls: string | readonly string[], options: { retryPolicy?: RetryPolicy } = {}): Connection {
    const { conf, logger, clock, name } = this.#app;
    return new Connection(urls, {
      transports: this.#transports,
      transportOptions: this.#transportOptions(urls),
      connectTimeoutMs: conf.brokerConnectionTimeout * 1000,
      heartbeatSeconds: conf.brokerHeartbeat ?? 0,
      ssl: conf.brokerUseSsl,
      clientName: `q:${name}`,
      ...(conf.brokerFailoverStrategy !== null && { failoverStrategy: conf.brokerFailoverStrategy }),
      ...options,
      logger,
      clock,
    });
  }

  /** Two options have settings of their own; each matters to one kind of broker only. */
  #transportOptions(urls: string | readonly string[]): Readonly<Record<string, unknown>> {
    const { brokerLoginMethod, brokerTransportOptions, visibilityTimeout } = this.#app.conf;
    const first = typeof urls === "string" ? urls : (urls[0] ?? "");
    if (brokerLoginMethod !== null && AMQP.test(first))
      return { loginMethod: brokerLoginMethod, ...brokerTransportOptions };
    const isSet =
      "visibility_timeout" in brokerTransportOptions || "visibilityTimeout" in brokerTransportOptions;
    if (visibilityTimeout !== null && !isSet && REDIS.test(first))
      return { ...brokerTransportOptions, visibilityTimeout };
    return brokerTransportOptions;
  }

  async #openCodec(accept: readonly string[]): Promise<BodyCodec> {
    const { conf } = this.#app;
    const codec = new BodyCodec({ serializers: this.#serializers, compressions: this.#compressions, accept });
    await codec.ready([conf.taskSerializer], conf.taskCompression ? [conf.taskCompression] : []);
    return codec;
  }

  async #openBackend(): Promise<ResultBackend> {
    const { conf, logger, clock, id } = this.#app;
    const url = effectiveResultBackend(conf);
    if (url === null) throw new NoBackendError();
    const codec = new BodyCodec({
      serializers: this.#serializers,
      compressions: this.#compressions,
      accept: conf.resultAcceptContent ?? [...conf.acceptContent, conf.resultSerializer],
    });
    await codec.ready([conf.resultSerializer], conf.resultCompression ? [conf.resultCompression] : []);
    const parsed = parseBackendUrl(url);
    const named = customBackendOf(parsed.scheme, conf.overrideBackends);
    const context: BackendContext = {
      url: parsed,
      codec,
      serializer: conf.resultSerializer,
      compression: conf.resultCompression ?? undefined,
      expiresSeconds: conf.resultExpires,
      transportOptions: conf.resultBackendTransportOptions,
      settings: conf as unknown as Readonly<Record<string, unknown>>,
      connection: () => this.forWrite(),
      clientId: id,
      logger,
      clock,
    };
    return this.#backends.create(context, named === undefined ? undefined : await loadCustomBackend(named));
  }

  #usesReplyQueue(): boolean {
    const { conf } = this.#app;
    const url = effectiveResultBackend(conf);
    if (url === null) return false;
    const parsed = parseBackendUrl(url);
    const isCustom = customBackendOf(parsed.scheme, conf.overrideBackends) !== undefined;
    return !isCustom && this.#backends.usesReplyQueue(parsed);
  }

  async #openSender(): Promise<TaskSender> {
    const replies = this.#usesReplyQueue();
    const backend = replies ? await this.backend() : undefined;
    await backend?.prepare();
    const sender = new TaskSender(this.#app, {
      producer: await this.producer(),
      events: () => this.events(),
      codec: await this.codec(),
      replyTo: backend?.replyTo ?? this.#app.id,
      middleware: this.#app.options.publishMiddleware ?? [],
      expiresInWorker: EMBEDDED.includes((await this.forWrite().transport()).name),
    });
    this.readySender = sender;
    return sender;
  }
}
