import type { Logger } from "@q/kernel";
import type { NodeReply } from "@q/messaging";
import type { App } from "../app/app.ts";
import type { ControlOptions } from "./control-options.ts";

/** Answers by the names of the nodes that gave them; empty when nobody answered. */
export type Answers<TAnswer> = Readonly<Record<string, TAnswer>>;

/** A request inside a worker. */
export interface TaskInfo {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
  readonly kwargs: unknown;
  readonly type: string;
  readonly hostname: string;
  /** Seconds since 1970. */
  readonly time_start: number | null;
  readonly acknowledged: boolean;
  readonly delivery_info: Readonly<Record<string, unknown>>;
  readonly worker_pid: number | null;
}

/** A task that waits for its time. */
export interface ScheduledInfo {
  readonly eta: string | null;
  readonly priority: number;
  readonly request: TaskInfo;
}

/** Options of {@link Inspect}. */
export type InspectOptions = Omit<ControlOptions, "reply">;

/** An object whose fields depend on the worker. */
type Fields = Readonly<Record<string, unknown>>;

/**
 * Asks workers about themselves, in Celery's shapes. Each method waits until `timeout` seconds pass without an answer,
 * or `limit` answers are there.
 *
 * @see celery/app/control.py, class Inspect
 */
export class Inspect {
  readonly #app: App;
  readonly #options: InspectOptions;

  constructor(app: App, options: InspectOptions = {}) {
    this.#app = app;
    this.#options = options;
  }

  /** Asks with any command, those of one's own among them. */
  async ask<TAnswer = unknown>(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
  ): Promise<Answers<TAnswer>> {
    const replies = await this.#app.control.broadcast(command, {
      ...this.#options,
      arguments: args,
      reply: true,
    });
    return byNode(replies, this.#app.logger) as Answers<TAnswer>;
  }

  readonly ping = (): Promise<Answers<{ readonly ok: string }>> => this.ask("ping");
  /** Tasks that run now; with `safe` their arguments come as text. */
  readonly active = ({ safe = false }: { readonly safe?: boolean } = {}): Promise<
    Answers<readonly TaskInfo[]>
  > => this.ask("active", { safe });
  /** Tasks that wait for their time. */
  readonly scheduled = (): Promise<Answers<readonly ScheduledInfo[]>> => this.ask("scheduled");
  /** Tasks that wait for a slot. */
  readonly reserved = (): Promise<Answers<readonly TaskInfo[]>> => this.ask("reserved");
  readonly revoked = (): Promise<Answers<readonly string[]>> => this.ask("revoked");
  /** Tasks that are known, with the attributes named. */
  readonly registered = (...taskinfoitems: readonly string[]): Promise<Answers<readonly string[]>> =>
    this.ask("registered", { taskinfoitems });
  readonly stats = (): Promise<Answers<Fields>> => this.ask("stats");
  readonly report = (): Promise<Answers<{ readonly ok: string }>> => this.ask("report");
  readonly clock = (): Promise<Answers<{ readonly clock: number }>> => this.ask("clock");
  readonly activeQueues = (): Promise<Answers<readonly Fields[]>> => this.ask("active_queues");
  /** What is known of tasks: `active`, `reserved` or `ready`, and the rest. */
  readonly queryTask = (
    ...ids: readonly string[]
  ): Promise<Answers<Readonly<Record<string, readonly [state: string, info: TaskInfo]>>>> =>
    this.ask("query_task", { ids });
  /** Settings that were set, or all of them; secrets are masked. */
  readonly conf = ({ withDefaults = false }: { readonly withDefaults?: boolean } = {}): Promise<
    Answers<Fields>
  > => this.ask("conf", { with_defaults: withDefaults });
  readonly memsample = (): Promise<Answers<string | null>> => this.ask("memsample");
  readonly memdump = (samples: number = 10): Promise<Answers<string>> => this.ask("memdump", { samples });
  readonly objgraph = (
    type: string = "Request",
    n: number = 200,
    maxDepth: number = 10,
  ): Promise<Answers<Fields>> => this.ask("objgraph", { type, num: n, max_depth: maxDepth });
  /** What a starting worker asks the others. */
  readonly hello = (
    fromNode: string,
    revoked: Readonly<Record<string, unknown>> | readonly string[] = {},
  ): Promise<Answers<{ readonly revoked?: unknown; readonly clock?: unknown } | null>> =>
    this.ask("hello", { from_node: fromNode, revoked });
}

/** Answers by node; two of one name are told to the log, and the later one counts. */
function byNode(replies: readonly NodeReply[], logger: Logger): NodeReply {
  const nodes: Record<string, unknown> = {};
  for (const [node, answer] of replies.flatMap((reply) => Object.entries(reply))) {
    if (Object.hasOwn(nodes, node)) {
      logger.warn({ node }, "several workers answered by one name; give each a name of its own (-n)");
    }
    Object.defineProperty(nodes, node, { value: answer, enumerable: true, configurable: true });
  }
  return nodes;
}
