import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { QError } from "@q/kernel";
import type { BodyCodec, EncodedBody, Producer, WireMessage } from "@q/messaging";
import { signatureJson, signatureList } from "../canvas/signature-list.ts";
import type { EventDispatcher } from "../events/event-dispatcher.ts";
import { sendTaskSent } from "../events/task-sent.ts";
import { composeMiddleware, type PublishContext, type PublishMiddleware } from "../events/middleware.ts";
import { parseIsoTime } from "../protocol/iso-time.ts";
import { messageZone } from "../protocol/message-zone.ts";
import { protocol1Body } from "../protocol/task-message-1.ts";
import { type OutgoingTask, taskBody, taskHeaders, taskProperties } from "../protocol/task-message.ts";
import { type Destination, overlayOptions } from "../routing/router.ts";
import { type CallOptions, deliveryModeNumber, NO_OPTIONS } from "../tasks/call-options.ts";
import { validate } from "../tasks/standard-schema.ts";
import type { TaskBase } from "../tasks/task-base.ts";
import type { TaskOptions } from "../tasks/task-options.ts";
import { sendingTask } from "../tasks/task-context.ts";
import { MessageTooLargeError, TaskArgumentsError } from "../errors.ts";
import { publishChannel, type PublishTrace } from "../tracing/task-channels.ts";
import type { App } from "./app.ts";

/** What is to be called, and how. */
export interface SignatureCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: CallOptions;
}

/** One call on its way out. */
export interface TaskCall extends SignatureCall {
  /** The task, when it is registered here. */
  readonly task: TaskBase | undefined;
}

/** A call that is on its way: its id is known at once, `published` settles when the broker has it. */
export interface SentCall {
  readonly id: string;
  /** No result will be stored. */
  readonly ignored: boolean;
  readonly published: Promise<void>;
}

/** What the sender needs once the app is connected. */
export interface SenderParts {
  readonly producer: Producer;
  readonly codec: BodyCodec;
  /** Queue named in `reply_to`. */
  readonly replyTo: string;
  readonly middleware: readonly PublishMiddleware[];
  /** Messages that have expired stay until a worker tells their senders, instead of going by themselves. */
  readonly expiresInWorker: boolean;
  /** Where `task-sent` goes. */
  readonly events: () => EventDispatcher;
}

const ORIGIN = `gen${process.pid}@${hostname()}`;

/** Turns calls into published task messages. */
export class TaskSender {
  readonly #app: App;
  readonly #parts: SenderParts;

  constructor(app: App, parts: SenderParts) {
    this.#app = app;
    this.#parts = parts;
  }

  /** Queue on which this client waits for results. */
  get replyTo(): string {
    return this.#parts.replyTo;
  }

  /** Publishes a call. @throws {TaskArgumentsError} {@link UnroutableError} {@link EncodeError} before anything is sent */
  send(call: TaskCall): SentCall {
    const options = this.#complete(call);
    const destination = this.#app.router.destination(options);
    call.task?.checkArguments(call.args, call.options.kwargs);
    const task = this.#outgoing(call, options, destination);
    const ignored = task.ignoreResult ?? false;
    const route = { call, options, destination };
    const published = publishChannel.start.hasSubscribers
      ? this.#publishTraced(task, route)
      : this.#publish(task, route);
    return { id: task.id, ignored, published };
  }

  /** Those who trace may add headers. */
  #publishTraced(task: OutgoingTask, route: Route): Promise<void> {
    const { exchange, routingKey } = route.destination;
    const trace: PublishTrace = { id: task.id, name: task.name, exchange, routingKey, headers: {} };
    const publish = async (): Promise<void> =>
      this.#publish({ ...task, headers: { ...task.headers, ...trace.headers } }, route);
    return publishChannel.tracePromise(publish, trace);
  }

  #publish(task: OutgoingTask, route: Route): Promise<void> {
    const schemas = route.call.task?.options;
    if (this.#parts.middleware.length > 0 || schemas?.args !== undefined || schemas?.kwargs !== undefined) {
      return this.#publishThrough(task, route);
    }
    const encoded = this.#encode(task, route.options);
    if (encoded instanceof Promise)
      return encoded.then((body) => this.#produce(task, this.#message(task, body), route));
    return this.#produce(task, this.#message(task, encoded), route);
  }

  /** Call options on top of the routers' on top of the task's own. */
  #complete(call: TaskCall): CallOptions {
    const { router } = this.#app;
    const own = call.task ? taskCallOptions(call.task) : NO_OPTIONS;
    const base = call.options === NO_OPTIONS ? own : overlayOptions(own, call.options);
    if (router.isTrivial) return base;
    const { name, args } = call;
    return overlayOptions(
      router.lookup(name, { args, kwargs: base.kwargs ?? NO_KWARGS, options: base }),
      base,
    );
  }

  #outgoing(call: TaskCall, options: CallOptions, destination: Destination): OutgoingTask {
    const { conf, clock } = this.#app;
    const nowMs = clock.now();
    const parent = sendingTask();
    const id = options.taskId ?? randomUUID();
    const inherited = conf.taskInheritParentPriority ? parent?.request.deliveryInfo.priority : undefined;
    const priority = options.priority ?? inherited ?? conf.taskDefaultPriority ?? undefined;
    return {
      name: call.name,
      id,
      args: call.args,
      kwargs: options.kwargs ?? NO_KWARGS,
      embed: {
        callbacks: signatureList(options.link),
        errbacks: signatureList(options.linkError),
        chain: signatureList(options.chain),
        chord: options.chord ? signatureJson(options.chord) : null,
      },
      origin: ORIGIN,
      rootId: options.rootId ?? parent?.request.rootId ?? id,
      parentId: options.parentId ?? parent?.request.id ?? null,
      replyTo: options.replyTo ?? this.#parts.replyTo,
      correlationId: options.correlationId,
      eta: etaOf(options, nowMs),
      expires: expiresOf(options.expires, nowMs),
      retries: options.retries,
      groupId: options.groupId,
      groupIndex: options.groupIndex,
      timeLimit: options.timeLimit,
      softTimeLimit: options.softTimeLimit,
      shadow: options.shadow,
      ignoreResult: options.ignoreResult ?? call.task?.resolved.ignoreResult ?? conf.taskIgnoreResult,
      argsrepr: options.argsrepr,
      kwargsrepr: options.kwargsrepr,
      replacedTaskNesting: options.replacedTaskNesting,
      stampedHeaders: options.stampedHeaders,
      stamps: options.stamps,
      headers: options.headers,
      priority,
      deliveryMode:
        (options.deliveryMode && deliveryModeNumber(options.deliveryMode)) ?? destination.deliveryMode,
      properties: options.mandatory ? { ...options.properties, mandatory: true } : options.properties,
      timeZone: messageZone(conf),
      nowMs,
      expiresInWorker: this.#parts.expiresInWorker,
    };
  }

  #encode(task: OutgoingTask, options: CallOptions): EncodedBody | Promise<EncodedBody> {
    const { conf } = this.#app;
    const with_ = {
      serializer: options.serializer ?? conf.taskSerializer,
      compression: options.compression ?? conf.taskCompression ?? undefined,
    };
    const body = conf.taskProtocol === 1 ? protocol1Body(task, conf.enableUtc) : taskBody(task);
    try {
      return this.#parts.codec.encode(body, with_);
    } catch (error) {
      if (QError.is(error) && error.code === "ERR_Q_CODEC_NOT_LOADED") {
        return this.#parts.codec.encodeAsync(body, with_);
      }
      throw error;
    }
  }

  #message(task: OutgoingTask, encoded: EncodedBody): WireMessage {
    const headers = this.#app.conf.taskProtocol === 1 ? (task.headers ?? {}) : taskHeaders(task);
    return {
      body: encoded.body,
      contentType: encoded.contentType,
      contentEncoding: encoded.contentEncoding,
      headers: encoded.compression === undefined ? headers : { ...headers, compression: encoded.compression },
      properties: taskProperties(task),
    };
  }

  #produce(task: OutgoingTask, message: WireMessage, { options, destination }: Route): Promise<void> {
    const { conf, events } = this.#app;
    const limit = conf.taskMessageMaxBytes ?? Infinity;
    if (message.body.length > limit)
      throw new MessageTooLargeError(task.name, { bytes: message.body.length, limit });
    const published = this.#parts.producer.publish(message, destination, {
      declare: destination.declare,
      retry: options.retry ?? conf.taskPublishRetry,
      ...(options.retryPolicy && { retryPolicy: { ...conf.taskPublishRetryPolicy, ...options.retryPolicy } }),
      ...(options.publishTimeoutMs !== undefined && { timeoutMs: options.publishTimeoutMs }),
    });
    if (!conf.taskSendSentEvent && !events.has("task:sent")) return published;
    const { routingKey, queue } = destination;
    return published.then(() => {
      if (conf.taskSendSentEvent) sendTaskSent(this.#parts.events(), taskHeaders(task), destination);
      events.emit("task:sent", { id: task.id, name: task.name, queue: queue?.name, routingKey });
    });
  }

  /** The long way: arguments checked against their schemas, middleware around the publishing. */
  async #publishThrough(task: OutgoingTask, route: Route): Promise<void> {
    const { args, kwargs } = route.call.task?.options ?? {};
    if (args) await validate(args, [...task.args], `arguments of ${task.name}`);
    if (kwargs) await validate(kwargs, task.kwargs, `keyword arguments of ${task.name}`);
    const context: PublishContext = { task, message: undefined };
    const last = async (): Promise<void> => {
      context.message ??= this.#message(context.task, await this.#encode(context.task, route.options));
      await this.#produce(context.task, context.message, route);
    };
    const around = composeMiddleware(this.#parts.middleware);
    await (around ? around(context, last) : last());
  }
}

/** Where a call goes, and with which options. */
interface Route {
  readonly call: TaskCall;
  readonly options: CallOptions;
  readonly destination: Destination;
}

const NO_KWARGS: Readonly<Record<string, unknown>> = Object.freeze({});

const CALL_OPTIONS = [
  "queue",
  "exchange",
  "routingKey",
  "priority",
  "exchangeType",
  "deliveryMode",
  "mandatory",
  "expires",
  "serializer",
  "compression",
  "timeLimit",
  "softTimeLimit",
] as const satisfies readonly (keyof CallOptions & keyof TaskOptions)[];

const ownCallOptions = new WeakMap<TaskOptions, CallOptions>();

/** The task's own options in the form of call options. */
function taskCallOptions({ declared }: TaskBase): CallOptions {
  let own = ownCallOptions.get(declared);
  if (own === undefined) {
    const set = CALL_OPTIONS.filter((name) => declared[name] !== undefined);
    own = set.length === 0 ? NO_OPTIONS : Object.fromEntries(set.map((name) => [name, declared[name]]));
    ownCallOptions.set(declared, own);
  }
  return own;
}

function etaOf({ countdown, eta }: CallOptions, nowMs: number): Date | undefined {
  if (eta === undefined) {
    // None at all for 0: an ETA costs the worker a place in its queue of scheduled tasks.
    return countdown === undefined || countdown === 0
      ? undefined
      : secondsFrom(nowMs, countdown, "countdown");
  }
  if (countdown !== undefined) throw new TaskArgumentsError('give either "countdown" or "eta", not both');
  return asTime(eta, "eta");
}

function expiresOf(expires: CallOptions["expires"], nowMs: number): Date | undefined {
  if (expires === undefined) return undefined;
  return typeof expires === "number" ? secondsFrom(nowMs, expires, "expires") : asTime(expires, "expires");
}

function secondsFrom(nowMs: number, seconds: number, option: string): Date {
  const time = new Date(nowMs + seconds * 1000);
  if (!Number.isNaN(time.getTime())) return time;
  throw new TaskArgumentsError(`option "${option}" is not a number of seconds: ${seconds}`);
}

function asTime(value: Date | string, option: string): Date {
  const time = typeof value === "string" ? parseIsoTime(value) : value;
  if (time === undefined || Number.isNaN(time.getTime())) {
    throw new TaskArgumentsError(
      `option "${option}" is not a time: ${String(value)}. Give a Date or ISO 8601 text.`,
    );
  }
  return time;
}
