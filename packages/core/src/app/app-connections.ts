import type { BackendRegistry, ResultBackend } from "@q/backends";
import { createBackendRegistry, NoBackendError } from "@q/backends";
import {
  BodyCodec,
  type CompressionRegistry,
  Connection,
  createCompressionRegistry,
  createSerializerRegistry,
  createTransportRegistry,
  parseBrokerUrl,
  Producer,
  type SerializerRegistry,
  type TransportRegistry,
} from "@q/messaging";
import { effectiveReadUrl, effectiveResultBackend, effectiveWriteUrl } from "../conf/effective-urls.ts";
import { EventDispatcher } from "../events/event-dispatcher.ts";
import type { App } from "./app.ts";
import { TaskSender } from "./task-sender.ts";

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
    this.#write ??= this.#connect(effectiveWriteUrl(this.#app.conf));
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

  #connect(urls: string | readonly string[]): Connection {
    const { conf, logger, clock, name } = this.#app;
    return new Connection(urls, {
      transports: this.#transports,
      transportOptions: this.#transportOptions(urls),
      connectTimeoutMs: conf.brokerConnectionTimeout * 1000,
      heartbeatSeconds: conf.brokerHeartbeat ?? 0,
      ssl: conf.brokerUseSsl,
      clientName: `q:${name}`,
      ...(conf.brokerFailoverStrategy !== null && { failoverStrategy: conf.brokerFailoverStrategy }),
      logger,
      clock,
    });
  }

  /** The login method has a setting of its own and matters to RabbitMQ only. */
  #transportOptions(urls: string | readonly string[]): Readonly<Record<string, unknown>> {
    const { brokerLoginMethod, brokerTransportOptions } = this.#app.conf;
    const isAmqp = /^(amqps?|pyamqp|librabbitmq):/.test(typeof urls === "string" ? urls : (urls[0] ?? ""));
    if (brokerLoginMethod === null || !isAmqp) return brokerTransportOptions;
    return { loginMethod: brokerLoginMethod, ...brokerTransportOptions };
  }

  async #openCodec(accept: readonly string[]): Promise<BodyCodec> {
    const { conf } = this.#app;
    const codec = new BodyCodec({ serializers: this.#serializers, compressions: this.#compressions, accept });
    await codec.ready([conf.taskSerializer, ...(conf.taskCompression ? [conf.taskCompression] : [])]);
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
    await codec.ready([conf.resultSerializer, ...(conf.resultCompression ? [conf.resultCompression] : [])]);
    return this.#backends.create({
      url: parseBrokerUrl(url),
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
    });
  }

  async #openSender(): Promise<TaskSender> {
    const url = effectiveResultBackend(this.#app.conf);
    const replies = url !== null && this.#backends.usesReplyQueue(parseBrokerUrl(url));
    const backend = replies ? await this.backend() : undefined;
    await backend?.prepare();
    const sender = new TaskSender(this.#app, {
      producer: await this.producer(),
      events: () => this.events(),
      codec: await this.codec(),
      replyTo: backend?.replyTo ?? this.#app.id,
      middleware: this.#app.options.publishMiddleware ?? [],
    });
    this.readySender = sender;
    return sender;
  }
}
