import type { NodeReply } from "@q/messaging";
import type { App } from "../app/app.ts";
import type { ControlLink } from "./control-link.ts";
import type { BroadcastOptions, ControlOptions } from "./control-options.ts";
import { Inspect, type InspectOptions } from "./inspect.ts";

/** Answers as they came: `[{ node: answer }, …]`; empty without `reply`. */
type Replies = Promise<readonly NodeReply[]>;

/** How tasks are ended where they run. */
export interface TerminateOptions extends Omit<ControlOptions, "signal"> {
  /** End the tasks where they run, too. Default false. */
  readonly terminate?: boolean | undefined;
  /** Signal for the process that runs a task. Default `SIGTERM`. */
  readonly signal?: string | undefined;
}

/** Options of `addConsumer`. */
export interface AddConsumerOptions extends ControlOptions {
  /** Default the queue's name. */
  readonly exchange?: string | undefined;
  /** Default `direct`. */
  readonly exchangeType?: string | undefined;
  /** Default the queue's name. */
  readonly routingKey?: string | undefined;
  /** Further options of the queue, in Celery's names. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Remote control: commands to the workers of an app's fleet, Python's among them. Nothing is waited for unless `reply`
 * is set.
 *
 * @see celery/app/control.py, class Control
 */
export class Control {
  readonly #app: App;
  #link: Promise<ControlLink> | undefined;

  /** @internal use `app.control` */
  constructor(app: App) {
    this.#app = app;
  }

  /**
   * Sends any command.
   *
   * @throws {PublishError} when it could not be sent
   */
  async broadcast(command: string, options: BroadcastOptions = {}): Promise<readonly NodeReply[]> {
    // A program that never controls anybody does not load what it takes.
    this.#link ??= import("./control-link.ts").then(({ ControlLink }) => new ControlLink(this.#app));
    return (await this.#link).broadcast(command, options);
  }

  /** Questions to the workers. */
  inspect(options: InspectOptions = {}): Inspect {
    return new Inspect(this.#app, options);
  }

  /** Answers of the workers that are there. */
  readonly ping = (options: Omit<ControlOptions, "reply"> = {}): Replies =>
    this.broadcast("ping", { ...options, reply: true });

  /**
   * Has no worker run these tasks, not even one that starts later: see the guide to workers for how long that holds.
   * With `terminate` they also end where they run.
   */
  readonly revoke = async (
    taskId: string | readonly string[],
    { terminate = false, signal = "SIGTERM", ...options }: TerminateOptions = {},
  ): Promise<readonly NodeReply[]> => {
    const ids = typeof taskId === "string" ? [taskId] : taskId;
    const { recordRevoked } = await import("./revocations.ts");
    await recordRevoked(this.#app, "id", ids);
    return this.#tell("revoke", { task_id: taskId, terminate, signal }, options);
  };

  /** As {@link revoke}, for every task that carries one of these stamps, also those that are sent later. */
  readonly revokeByStampedHeaders = async (
    headers: Readonly<Record<string, string | readonly string[]>>,
    { terminate = false, signal = "SIGTERM", ...options }: TerminateOptions = {},
  ): Promise<readonly NodeReply[]> => {
    const { recordRevoked, stampTexts } = await import("./revocations.ts");
    await recordRevoked(this.#app, "stamp", stampTexts(Object.entries(headers)));
    return this.#tell("revoke_by_stamped_headers", { headers, terminate, signal }, options);
  };

  /** {@link revoke} with `terminate`. */
  readonly terminate = (
    taskId: string | readonly string[],
    options: Omit<TerminateOptions, "terminate"> = {},
  ): Replies => this.revoke(taskId, { ...options, terminate: true });

  /** `10/s`, `10/m`, `10/h`, or runs per second; 0 for no limit. */
  readonly rateLimit = (
    taskName: string,
    rateLimit: string | number,
    options: ControlOptions = {},
  ): Replies => this.#tell("rate_limit", { task_name: taskName, rate_limit: rateLimit }, options);

  /** Seconds; tasks that already run keep their limits. */
  readonly timeLimit = (
    taskName: string,
    {
      soft = null,
      hard = null,
      ...options
    }: ControlOptions & { readonly soft?: number | null; readonly hard?: number | null },
  ): Replies => this.#tell("time_limit", { task_name: taskName, hard, soft }, options);

  readonly addConsumer = (queue: string, more: AddConsumerOptions = {}): Replies => {
    const { exchange = null, exchangeType = "direct", routingKey = null, options: own, ...options } = more;
    const args = { queue, exchange, exchange_type: exchangeType, routing_key: routingKey, ...own };
    return this.#tell("add_consumer", args, options);
  };

  readonly cancelConsumer = (queue: string, options: ControlOptions = {}): Replies =>
    this.#tell("cancel_consumer", { queue }, options);

  readonly poolGrow = (n: number = 1, options: ControlOptions = {}): Replies =>
    this.#tell("pool_grow", { n }, options);

  readonly poolShrink = (n: number = 1, options: ControlOptions = {}): Replies =>
    this.#tell("pool_shrink", { n }, options);

  /** Needs the setting `workerPoolRestarts` in the workers. `modules` are imported first. */
  readonly poolRestart = ({
    modules = null,
    reload = false,
    ...options
  }: ControlOptions & {
    readonly modules?: readonly string[] | null;
    readonly reload?: boolean;
  } = {}): Replies => this.#tell("pool_restart", { modules, reload, reloader: null }, options);

  readonly autoscale = (max: number, min: number, options: ControlOptions = {}): Replies =>
    this.#tell("autoscale", { max, min }, options);

  /** A warm shutdown. Nobody answers. */
  readonly shutdown = (options: ControlOptions = {}): Replies => this.#tell("shutdown", {}, options);

  readonly enableEvents = (options: ControlOptions = {}): Replies => this.#tell("enable_events", {}, options);

  readonly disableEvents = (options: ControlOptions = {}): Replies =>
    this.#tell("disable_events", {}, options);

  /** Has workers send an event of life now. */
  readonly heartbeat = (options: ControlOptions = {}): Replies => this.#tell("heartbeat", {}, options);

  /** Has the workers elect one of them, which then does `action`: with the topic `task`, sends that signature. */
  readonly election = (
    id: string,
    topic: string,
    { action = null, ...options }: ControlOptions & { readonly action?: unknown } = {},
  ): Replies => this.#tell("election", { id, topic, action }, options);

  /** Removes the messages that wait in the configured queues, and returns how many there were. */
  async purge(): Promise<number> {
    const connection = await (await this.#app.connectionForWrite()).connect();
    await using channel = await connection.openChannel();
    let count = 0;
    for (const { name } of this.#app.queues.configured()) count += await channel.purge(name);
    return count;
  }

  /** {@link purge}, by its other name. */
  discardAll(): Promise<number> {
    return this.purge();
  }

  /** @internal */
  async close(): Promise<void> {
    await (await this.#link)?.close();
  }

  #tell(
    command: string,
    args: Readonly<Record<string, unknown>>,
    options: ControlOptions,
  ): Promise<readonly NodeReply[]> {
    return this.broadcast(command, { ...options, arguments: args });
  }
}
