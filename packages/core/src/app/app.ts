import { inspect } from "node:util";
import { type Clock, type Logger, silentLogger, systemClock } from "@q/kernel";
import type { ResultBackend, ResultTuple } from "@q/backends";
import type { BodyCodec, Connection, Producer } from "@q/messaging";
import { Signature, type SignatureOptions } from "../canvas/signature.ts";
import type { SignatureLike, SignatureOf } from "../canvas/signature-of.ts";
import type { Conf } from "../conf/conf.ts";
import type { Settings } from "../conf/settings.ts";
import { CommandRegistry } from "../control/command-registry.ts";
import { Control } from "../control/control.ts";
import type { AppEvents } from "../events/app-events.ts";
import { EventBus } from "../events/event-bus.ts";
import { LamportClock } from "../events/lamport-clock.ts";
import type { EventFields } from "../protocol/event-message.ts";
import type { ExecuteMiddleware } from "../events/middleware.ts";
import { ErrorReviver } from "../protocol/stored-error.ts";
import { AsyncResult } from "../results/async-result.ts";
import type { GroupResult } from "../results/group-result.ts";
import { resultFromTuple } from "../results/result-from-tuple.ts";
import type { ResultHandle } from "../results/result-handle.ts";
import { QueueTable } from "../routing/queue-table.ts";
import { Router } from "../routing/router.ts";
import { annotationsFor } from "../tasks/annotations.ts";
import { type CallOptions, NO_OPTIONS } from "../tasks/call-options.ts";
import type { TaskBase } from "../tasks/task-base.ts";
import { type DefineTask, defineTask } from "../tasks/define-task.ts";
import { type RemoteTask, remoteTask, type RemoteTaskOptions } from "../tasks/remote-task.ts";
import { bindTask, type ClassTask, type Task } from "../tasks/task.ts";
import type { TaskOptions } from "../tasks/task-options.ts";
import { TaskRegistry } from "../tasks/task-registry.ts";
import type { AppOptions } from "./app-options.ts";
import { Caller } from "./caller.ts";
import { LazyConnections } from "./lazy-connections.ts";
import { type PeriodicEntry, PeriodicTasks, type PeriodicTaskOptions } from "./periodic-tasks.ts";
import { sendSignature } from "./send-signature.ts";
import { UserOptions } from "./user-options.ts";

/**
 * An application: its settings, its tasks, and the way to its broker and its result backend. Making one connects to
 * nothing; several live side by side in one process without sharing anything.
 */
export class App implements AsyncDisposable {
  /** Name of the app, shown by tools. */
  readonly name: string;
  readonly tasks: TaskRegistry = new TaskRegistry();
  readonly events: EventBus<AppEvents>;
  /** Unique name of this client; reply queues are named after it. */
  readonly id: string = crypto.randomUUID();
  readonly clock: Clock;
  /** Carried by events and remote control commands, so that their order is known across processes. */
  readonly logicalClock: LamportClock = new LamportClock();
  /** Remote control of the workers. */
  readonly control: Control = new Control(this);
  /** Remote control commands: Celery's, and those of one's own. */
  readonly commands: CommandRegistry = new CommandRegistry();
  /** Options of one's own for the commands of `q`. */
  readonly userOptions: UserOptions = new UserOptions();
  readonly strictTyping: boolean;
  readonly errors: ErrorReviver;
  /** Options the app was made with. @internal */
  readonly options: AppOptions;
  /** The app was made with a logger, which programs that run it leave alone. */
  readonly hasOwnLogger: boolean;
  /** Where the app writes its log; replaced by the program that runs it, unless it is the app's own. */
  logger: Logger;
  /** Sends or runs what is called. @internal */
  readonly caller: Caller;
  readonly #conf: Conf;
  readonly #discoveries: (() => readonly string[])[] = [];
  readonly #periodicTasks = new PeriodicTasks();
  readonly #connections = new LazyConnections(this);
  #routing: { readonly version: number; readonly queues: QueueTable; readonly router: Router } | undefined;

  /** @internal use `createApp` */
  constructor(name: string, options: AppOptions, conf: Conf) {
    this.name = name;
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.hasOwnLogger = options.logger !== undefined;
    this.logger = options.logger ?? silentLogger;
    this.strictTyping = options.strictTyping ?? true;
    this.errors = new ErrorReviver(options.errors);
    this.events = new EventBus(() => this.logger);
    this.#conf = conf;
    this.caller = new Caller(this, this.#connections);
  }

  /** Settings in force; read-only. Change them through {@link config}. */
  get conf(): Settings {
    return this.#conf.settings;
  }

  /** Counts changes of the settings. */
  get confVersion(): number {
    return this.#conf.version;
  }

  /** The configuration itself: its layers, updates, and what was set where. */
  get config(): Conf {
    return this.#conf;
  }

  /** The queues of the app. */
  get queues(): QueueTable {
    return this.#route().queues;
  }

  get router(): Router {
    return this.#route().router;
  }

  /**
   * Defines a task from a function. Its name goes into messages, so it must be the same everywhere.
   * Registering a name again replaces the task.
   */
  readonly task: DefineTask = ((options: string, run: () => unknown) =>
    this.register(defineTask(options, run))) as DefineTask;

  /**
   * Registers a task made by `defineTask`, or an instance of a class of yours, and returns it with its types. A task
   * that another app has already gets a copy of its own.
   *
   * @throws {ImproperlyConfiguredError} when the task has no name
   */
  register<TArgs extends readonly unknown[], TReturn>(task: Task<TArgs, TReturn>): Task<TArgs, TReturn>;
  register<TTask extends TaskBase>(task: TTask): ClassTask<TTask>;
  register(task: TaskBase): unknown {
    const own = bindTask(task, this);
    this.tasks.register(own);
    return own;
  }

  /**
   * Has workers import the module `relatedName` (default `tasks`) of each package, where there is one, after those of
   * the settings `imports` and `include`. A package is a folder below the working directory, or an installed one; a
   * function is called when a worker starts.
   */
  autodiscoverTasks(
    packages: readonly string[] | (() => readonly string[]),
    options: { readonly relatedName?: string } = {},
  ): void {
    const { relatedName = "tasks" } = options;
    this.#discoveries.push(() =>
      (typeof packages === "function" ? packages() : packages).map((name) =>
        /^\w+(\.\w+)+$/.test(name) ? `${name}.${relatedName}` : `${name}/${relatedName}`,
      ),
    );
  }

  /** Modules of {@link autodiscoverTasks}; each may be missing. Programs that run the app import them. */
  get discoveredModules(): readonly string[] {
    return this.#discoveries.flatMap((names) => names());
  }

  /** Adds to the setting `beat_schedule`, and returns the entry's name. Schedules are seconds, or those of `@q/beat`. */
  addPeriodicTask(schedule: unknown, signature: SignatureLike, options?: PeriodicTaskOptions): string {
    return this.#periodicTasks.add(schedule, signature, options);
  }

  /** Calls `hook` once, when a program that runs the app has read its configuration and its tasks. */
  onAfterConfigure(hook: (app: App) => void): void {
    this.#periodicTasks.onConfigure(hook);
  }

  /** Entries of the beat schedule by name, from the setting and from {@link addPeriodicTask}. */
  get periodicTasks(): Readonly<Record<string, PeriodicEntry>> {
    return this.#periodicTasks.entries(this);
  }

  /** Sends a task by its name, known here or not. Settles when the broker has it. */
  sendTask(
    name: string,
    args: readonly unknown[] = [],
    options: CallOptions = NO_OPTIONS,
  ): Promise<AsyncResult<unknown>> {
    return this.caller.callByName(name, args, options);
  }

  /**
   * Sends a signature, of whatever kind and in whatever form, with `args` in front of its own. Settles when the broker
   * has all of its messages, with the result of its last step; `null` for an empty chain.
   */
  send<TTakes extends readonly unknown[], TResult, THandle>(
    signature: SignatureOf<TTakes, TResult, THandle>,
    args?: TTakes,
    options?: CallOptions,
  ): Promise<THandle>;
  send(
    signature: SignatureLike,
    args?: readonly unknown[],
    options?: CallOptions,
  ): Promise<AsyncResult<unknown>>;
  send(
    signature: SignatureLike,
    args: readonly unknown[] = [],
    options: CallOptions = NO_OPTIONS,
  ): Promise<unknown> {
    return sendSignature(this, signature, { args, options });
  }

  /**
   * A signature of a task known by name only. Its types may be said: the arguments it still takes, and its result.
   * `app.remoteTask` says them once for all calls.
   */
  signature<TTakes extends readonly unknown[] = readonly unknown[], TResult = unknown>(
    name: string,
    args: readonly unknown[] = [],
    options: SignatureOptions = {},
  ): Signature<TTakes, TResult> {
    const { immutable = false, kwargs = {}, ...rest } = options;
    return new Signature(name, { args, kwargs, options: rest, immutable, app: this });
  }

  /**
   * A task whose code is elsewhere, in Python or in another program, with the types that you say of it:
   * `app.remoteTask<[x: number, y: number], number>("tasks.add", { queue: "python" })`.
   */
  remoteTask<TArgs extends readonly unknown[], TReturn>(
    name: string,
    options: Omit<RemoteTaskOptions, "app"> = {},
  ): RemoteTask<TArgs, TReturn> {
    return remoteTask(name, { ...options, app: this });
  }

  /** A handle on the result of an earlier call. */
  AsyncResult<TResult = unknown>(taskId: string): AsyncResult<TResult> {
    return new AsyncResult<TResult>(taskId, this);
  }

  /** A group whose results were saved by `group.save()`, here or elsewhere; `undefined` for an unknown id. */
  async restoreGroup(id: string): Promise<GroupResult | undefined> {
    const tuple = await (await this.backend()).groups.restore(id);
    return tuple && (resultFromTuple([tuple[0], tuple[1] ?? []], this) as GroupResult);
  }

  /** Rebuilds a result handle that travelled: of a group when it has members. */
  resultFromTuple(tuple: ResultTuple): ResultHandle {
    return resultFromTuple(tuple, this);
  }

  /** Has no worker run these tasks; see {@link Control.revoke}. Nothing is known about who heard it. */
  async revoke(
    ids: readonly string[],
    options: { terminate?: boolean; signal?: string } = {},
  ): Promise<void> {
    await this.control.revoke(ids, options);
  }

  /**
   * Tells monitors of something: `sendEvent("deploy-finished", { version: "1.2" })`. Never throws and waits for nothing;
   * while the broker is down events wait in a bounded buffer. More than that can an `EventDispatcher`.
   */
  sendEvent(type: string, fields: EventFields = {}): void {
    void this.#connections.load().then((connections) => connections.events().send(type, fields));
  }

  /** The result backend. @throws {NoBackendError} when none is configured, {@link UnknownBackendError}, {@link MissingDriverError} */
  async backend(): Promise<ResultBackend> {
    return (await this.#connections.load()).backend();
  }

  /** Encodes and decodes message bodies, with the accept list of the app. */
  async codec(): Promise<BodyCodec> {
    return (await this.#connections.load()).codec();
  }

  /** The connection that publishes. */
  async connectionForWrite(): Promise<Connection> {
    return (await this.#connections.load()).forWrite();
  }

  /** The connection that consumes; made anew for each caller, who closes it. */
  async connectionForRead(): Promise<Connection> {
    return (await this.#connections.load()).forRead();
  }

  /** The producer that all calls of this app share. */
  async producer(): Promise<Producer> {
    return (await this.#connections.load()).producer();
  }

  /** A codec that reads these formats and no others. @internal */
  async codecFor(accept: readonly string[]): Promise<BodyCodec> {
    return (await this.#connections.load()).codecFor(accept);
  }

  /** Names of the serializers that message bodies may come in. */
  get acceptContent(): readonly string[] {
    return this.conf.acceptContent;
  }

  /** Middleware around every task body, the outermost first. */
  get executeMiddleware(): readonly ExecuteMiddleware[] {
    return this.options.executeMiddleware ?? [];
  }

  /** What the setting `task_annotations` says of a task. @internal */
  annotationsFor(options: TaskOptions): Partial<TaskOptions> {
    return annotationsFor(this.conf.taskAnnotations, options);
  }

  /** Lets messages under way reach the broker, then closes every connection. The app can be used again. */
  async close(): Promise<void> {
    await this.control.close();
    await this.#connections.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  toString(): string {
    return `<App ${this.name}>`;
  }

  /** What `console.log` shows of it, and of tasks and results, which hold it: no URLs, which may have passwords. @internal */
  [inspect.custom](): string {
    return this.toString();
  }

  #route(): { readonly queues: QueueTable; readonly router: Router } {
    if (this.#routing?.version !== this.confVersion) {
      const queues = new QueueTable(this.conf);
      this.#routing = { version: this.confVersion, queues, router: new Router(queues, this.conf.taskRoutes) };
    }
    return this.#routing;
  }
}
