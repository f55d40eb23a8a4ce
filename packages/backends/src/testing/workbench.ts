import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ResultBackend, ResultMeta } from "../contracts.ts";
import type { BackendHarness, ClientOptions, OpenBackend } from "./backend-harness.ts";

/** Longest wait for something that must happen. */
const LIMIT_MS = 20_000;

/** What a case sets itself up with: a worker's backend that stores, and a client's that reads. */
export class Workbench implements AsyncDisposable {
  readonly harness: BackendHarness;
  readonly writer: ResultBackend;
  readonly reader: ResultBackend;
  readonly #opened: AsyncDisposable[] = [];

  private constructor(harness: BackendHarness, writer: ResultBackend, reader: ResultBackend) {
    this.harness = harness;
    this.writer = writer;
    this.reader = reader;
    this.#opened.push(reader, writer);
  }

  static async open(open: OpenBackend, options: ClientOptions = {}): Promise<Workbench> {
    const harness = await open();
    const bench = new Workbench(harness, await harness.connect(options), await harness.connect(options));
    await bench.reader.prepare();
    return bench;
  }

  /** A further client. */
  async connect(options: ClientOptions = {}): Promise<ResultBackend> {
    const backend = await this.harness.connect(options);
    this.#opened.push(backend);
    return backend;
  }

  /** Stores as a worker does for a task that the reader has sent. */
  store(...metas: readonly ResultMeta[]): Promise<void[]> {
    const { replyTo } = this.reader;
    return Promise.all(metas.map((meta) => this.writer.store(meta, { replyTo, correlationId: meta.taskId })));
  }

  /** Resolves when everything stored so far has reached the reader. */
  async arrived(): Promise<void> {
    const marker = result(newId());
    await this.store(marker);
    const seen = new Watching(this.reader, [marker.taskId]);
    await seen.next();
    await seen.stop();
  }

  async read(taskId: string): Promise<ResultMeta | undefined> {
    await this.arrived();
    return (await this.reader.get([taskId]))[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    await this.harness[Symbol.asyncDispose]();
  }
}

/** An iteration over `watch` that cannot wait for ever. */
export class Watching {
  readonly #stop = new AbortController();
  readonly #states: AsyncIterator<ResultMeta>;

  constructor(backend: ResultBackend, ids: readonly string[]) {
    this.#states = backend.watch(ids, this.#stop.signal)[Symbol.asyncIterator]();
  }

  /** The next state. */
  async next(): Promise<ResultMeta> {
    const next = await this.step();
    assert.ok(next, "the iteration has ended");
    return next;
  }

  /** The next state, or `undefined` when the iteration has ended. */
  async step(): Promise<ResultMeta | undefined> {
    const next = await inTime(this.#states.next(), "a state of a watched task");
    return next.done ? undefined : next.value;
  }

  /** Asks for the next state without waiting for it, so that the iteration has begun. */
  begin(): Promise<ResultMeta | undefined> {
    return this.step();
  }

  /** Ends the iteration by its signal. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await inTime(Promise.resolve(this.#states.return?.()), "the end of a watch");
  }

  abort(): void {
    this.#stop.abort();
  }
}

/** Rejects when the promise takes too long. */
export async function inTime<TValue>(promise: PromiseLike<TValue>, what: string): Promise<TValue> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new assert.AssertionError({ message: `${what} did not come` })),
      LIMIT_MS,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function newId(): string {
  return randomUUID();
}

/** A meta as a worker makes it. */
export function result(taskId: string, changes: Partial<ResultMeta> = {}): ResultMeta {
  return {
    taskId,
    status: "SUCCESS",
    result: 42,
    traceback: null,
    children: [],
    dateDone: "2030-01-02T03:04:05.678000+00:00",
    ...changes,
  };
}

/** A failed one. */
export function failure(taskId: string, changes: Partial<ResultMeta> = {}): ResultMeta {
  const error = { excType: "ValueError", excModule: "builtins", excMessage: ["boom", 42] };
  return result(taskId, { status: "FAILURE", result: null, error, traceback: "Traceback: boom", ...changes });
}

/** Fails unless both hold the same fields; absent and `undefined` mean the same. */
export function assertSame(actual: ResultMeta | undefined, expected: ResultMeta): void {
  assert.deepEqual(actual && defined(actual), defined(expected));
}

function defined(meta: ResultMeta): Record<string, unknown> {
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined));
}
