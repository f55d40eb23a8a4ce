import { type PythonAppOptions, celeryVenv, pythonEnvironment, pythonFolder } from "./celery-venv.ts";
import { ChildProgram, jsonLine } from "./child-program.ts";

/** A Python exception as Python describes it. */
export interface PythonError {
  /** Qualified class name. */
  readonly type: string;
  readonly module: string;
  readonly args: readonly unknown[];
  readonly message: string;
}

/** The end of a task as a Python client sees it: `value` or `error` is present. */
export interface PythonResult {
  readonly state: string;
  readonly traceback: string | null;
  readonly value?: unknown;
  readonly error?: PythonError;
}

export interface PythonSent {
  readonly id: string;
  /** `as_tuple()` of the result: `[[id, parent], children]`. */
  readonly tuple: unknown;
}

export interface RawMessage {
  readonly body: string | Uint8Array;
  readonly routingKey: string;
  readonly exchange?: string;
  /** Arguments of kombu's `Producer.publish`: `content_type`, `content_encoding`, `headers`, … */
  readonly properties?: Readonly<Record<string, unknown>>;
}

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: PythonError & { readonly traceback: string };
}

/** Python raised outside of a task, for example a timeout of `result`; the message holds Python's traceback. */
export class PythonCallError extends Error {
  readonly error: PythonError;

  constructor(operation: string, error: PythonError & { readonly traceback: string }) {
    super(`Python client, ${operation}: ${error.type}: ${error.message}\n${error.traceback}`);
    this.error = error;
  }
}

/**
 * A Python process with the app `interop`, kept alive for many calls.
 *
 * Calls run in order, one at a time: a `result` that waits holds up the next call. Dates, decimals, UUIDs and
 * bytes are in kombu's tagged form (`{ __type__, __value__ }`) in both directions.
 */
export class PythonClient implements AsyncDisposable {
  readonly program: ChildProgram;
  #calls = 0;

  constructor(program: ChildProgram) {
    this.program = program;
  }

  /** `send_task`; `options` are those of `apply_async`, with signatures in `link` and `link_error` as JSON. */
  async send(
    task: string,
    args: readonly unknown[] = [],
    { kwargs = {}, ...options }: { kwargs?: Record<string, unknown>; [option: string]: unknown } = {},
  ): Promise<PythonSent> {
    return (await this.#call("apply", { task, args, kwargs, options })) as PythonSent;
  }

  /** `apply_async` of a signature (simple or canvas) given in its JSON form. */
  async sendSignature(signature: object, options: Record<string, unknown> = {}): Promise<PythonSent> {
    return (await this.#call("canvas", { signature, options })) as PythonSent;
  }

  /** Waits for the end of a task, whoever sent it. Needs a backend. */
  async result(id: string, { timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Promise<PythonResult> {
    return (await this.#call(
      "result",
      { id, timeout: timeoutMs / 1000 },
      timeoutMs + 10_000,
    )) as PythonResult;
  }

  /** State and info right now. */
  async state(id: string): Promise<{ state: string; info: unknown }> {
    return (await this.#call("state", { id })) as { state: string; info: unknown };
  }

  /** Publishes bytes past Celery, through kombu. */
  async publish({ body, routingKey, exchange = "", properties = {} }: RawMessage): Promise<void> {
    const encoded = Buffer.from(body).toString("base64");
    await this.#call("publish", { body: encoded, routing_key: routingKey, exchange, properties });
  }

  /**
   * Runs Python code as the body of a function that sees `app`, `tasks`, `celery`, `kombu` and `args`.
   *
   * @example await python.run("return app.control.inspect().active_queues()");
   */
  async run<T = unknown>(code: string, args: unknown = null, timeoutMs = 90_000): Promise<T> {
    return (await this.#call("run", { code, args }, timeoutMs)) as T;
  }

  async versions(): Promise<{ python: string; celery: string; kombu: string }> {
    return (await this.#call("versions", {})) as { python: string; celery: string; kombu: string };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }

  async #call(op: string, args: object, timeoutMs = 40_000): Promise<unknown> {
    const id = ++this.#calls;
    const from = this.program.lines.length;
    this.program.write(`${JSON.stringify({ id, op, arguments: args })}\n`);
    const reply = await this.program.waitFor(
      jsonLine<Reply>((line) => line.id === id),
      { timeoutMs, from },
    );
    if (reply.error !== undefined) throw new PythonCallError(op, reply.error);
    return reply.value;
  }
}

/** Starts a {@link PythonClient}; the first call also pays for Python's start, about 0.25 s. */
export async function pythonClient(options: PythonAppOptions): Promise<PythonClient> {
  const program = new ChildProgram({
    name: "Python client",
    command: await celeryVenv(),
    args: ["client.py"],
    env: pythonEnvironment(options),
    cwd: pythonFolder,
  });
  return new PythonClient(program);
}

/** Starts a client for one piece of work: `pythonCall(options, (python) => python.send(…))`. */
export async function pythonCall<T>(
  options: PythonAppOptions,
  use: (python: PythonClient) => Promise<T>,
): Promise<T> {
  await using python = await pythonClient(options);
  return await use(python);
}
