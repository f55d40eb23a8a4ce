import { asError, ClosedError } from "@q/kernel";
import { type Delivery, Producer, type WireMessage } from "@q/messaging";
import type { ChordStore } from "../chord-store.ts";
import type {
  BackendCapabilities,
  BackendContext,
  GroupStore,
  ReplyAddress,
  ResultBackend,
  ResultMeta,
} from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import { metaFromWire, metaToWire, openPayloadFormat } from "../result-payload.ts";
import { Watchers } from "../watchers.ts";
import { ReplyBuffer } from "./reply-buffer.ts";
import { ReplyQueue } from "./reply-queue.ts";

const capabilities: BackendCapabilities = {
  persistent: false,
  push: true,
  autoExpire: true,
  shared: false,
  chords: "none",
};

/** There are none. */
const groups: GroupStore = {
  save: async ([[id]]) => {
    throw new BackendStoreError(
      "rpc:// cannot save a group: only the client that sent the tasks sees their results. Use another result backend.",
      { taskId: id, state: "PENDING" },
    );
  },
  restore: async () => undefined,
  delete: async () => {},
};

/**
 * Results as messages: `rpc://`. The worker sends each state to the queue of the client that sent the task, over the
 * broker; only that client sees it. What it has not asked for yet is kept in its memory, 10,000 results at most.
 *
 * @see wire: results, RPC backend
 */
export async function createRpcBackend(context: BackendContext): Promise<ResultBackend> {
  if (context.url.scheme === "amqp") {
    context.logger.warn(
      { code: "ERR_Q_LEGACY_BACKEND" },
      'the result backend "amqp" is gone; its place is taken by "rpc://", which is used now. Write that instead.',
    );
  }
  // Loads serializer and compression; what others send says itself what it is.
  await openPayloadFormat(context);
  return new RpcBackend(context);
}

class RpcBackend implements ResultBackend {
  readonly capabilities: BackendCapabilities = capabilities;
  readonly replyTo: string;
  readonly chords: ChordStore | undefined = undefined;
  readonly groups: GroupStore = groups;
  readonly #context: BackendContext;
  readonly #isPersistent: boolean;
  readonly #buffer: ReplyBuffer;
  readonly #watchers: Watchers = new Watchers();
  readonly #queue: ReplyQueue;
  /** The number of the message that brought a state. */
  readonly #marks = new WeakMap<ResultMeta, number>();
  #producer: Producer | undefined;
  #messageCount = 0;

  constructor(context: BackendContext) {
    this.#context = context;
    this.replyTo = context.clientId;
    this.#isPersistent = context.settings["resultPersistent"] === true;
    const { backlogLimit = context.transportOptions["backlog_limit"] } = context.transportOptions;
    this.#buffer = new ReplyBuffer(typeof backlogLimit === "number" ? { unread: backlogLimit } : {});
    this.#queue = new ReplyQueue(context, {
      onMessage: (delivery) => this.#receive(delivery),
      onGiveUp: (error) => this.#watchers.failAll(getError(this.#watchers.ids(), error)),
    });
  }

  async prepare(): Promise<void> {
    await this.#queue.open();
  }

  /** Sends the state to `reply.replyTo`; without one nobody waits for it and nothing is sent. */
  async store(meta: ResultMeta, reply?: ReplyAddress): Promise<void> {
    if (!reply?.replyTo) return;
    const message = this.#encode(meta, reply.correlationId ?? meta.taskId);
    try {
      this.#producer ??= new Producer(this.#context.connection(), { clock: this.#context.clock });
      await this.#producer.publish(message, { exchange: "", routingKey: reply.replyTo });
    } catch (error) {
      throw storeError(meta, error);
    }
  }

  /** What has come so far. */
  async get(ids: readonly string[]): Promise<(ResultMeta | undefined)[]> {
    await this.#listen(ids);
    const metas = ids.map((id) => this.#buffer.get(id));
    for (const id of ids) this.#buffer.markRead(id);
    return metas;
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#buffer.delete(id);
  }

  async *watch(ids: readonly string[], signal: AbortSignal): AsyncGenerator<ResultMeta, void, undefined> {
    if (signal.aborted) return;
    const watch = this.#watchers.add(ids);
    try {
      await this.#listen(ids);
      for (const id of watch.ids) {
        const meta = this.#buffer.get(id);
        // What came while the queue was opened has been handed over already.
        if (meta) watch.give(meta, this.#marks.get(meta) ?? 0);
      }
      for await (const meta of watch.states(signal)) {
        this.#buffer.markRead(meta.taskId);
        yield meta;
      }
    } finally {
      this.#watchers.remove(watch);
    }
  }

  async cleanup(): Promise<number> {
    return 0;
  }

  asUri(): string {
    return "rpc://";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchers.failAll(new ClosedError("the result backend is closed. Make a new one."));
    await this.#queue.close();
    await this.#producer?.[Symbol.asyncDispose]();
  }

  async #listen(ids: readonly string[]): Promise<void> {
    try {
      await this.#queue.open();
    } catch (error) {
      throw getError(ids, error);
    }
  }

  #encode(meta: ResultMeta, correlationId: string): WireMessage {
    const { codec, serializer, compression } = this.#context;
    const encoded = codec.encode(metaToWire(meta), { serializer, compression });
    return {
      body: encoded.body,
      contentType: encoded.contentType,
      contentEncoding: encoded.contentEncoding,
      headers: encoded.compression === undefined ? {} : { compression: encoded.compression },
      properties: { correlationId, deliveryMode: this.#isPersistent ? 2 : 1, priority: 0 },
    };
  }

  #receive(delivery: Delivery): void {
    const { contentType, properties } = delivery.message;
    const skip = (error: unknown): void => {
      this.#context.logger.warn(
        { err: asError(error), taskId: properties.correlationId, contentType },
        "a result message that cannot be read was skipped",
      );
    };
    try {
      if (delivery.malformed) throw delivery.malformed;
      const wire = this.#context.codec.decodeMessageNow(delivery.message);
      if (wire instanceof Promise) wire.then((late) => this.#take(metaFromWire(late))).catch(skip);
      else this.#take(metaFromWire(wire));
    } catch (error) {
      skip(error);
    }
  }

  #take(meta: ResultMeta): void {
    const { isNew, dropped } = this.#buffer.put(meta);
    if (dropped !== undefined) {
      this.#context.logger.warn(
        { taskId: dropped },
        "a result that nobody read was dropped: too many wait to be read",
      );
    }
    if (!isNew) return;
    const mark = ++this.#messageCount;
    this.#marks.set(meta, mark);
    this.#watchers.give(meta, mark);
  }
}

function storeError({ taskId, status }: ResultMeta, error: unknown): BackendStoreError {
  return new BackendStoreError(
    `the state ${status} of task ${taskId} could not be sent to its client: ${asError(error).message}`,
    { taskId, state: status, cause: error },
  );
}

function getError(taskIds: readonly string[], error: unknown): BackendGetError {
  const text = `results cannot come over the broker: ${asError(error).message} Is the broker up and reachable?`;
  return new BackendGetError(text, { taskIds, cause: error });
}
