import { asError, ImproperlyConfiguredError, Slots, TransitMap } from "@q/kernel";
import type {
  ExecutorStack,
  InspectorOptions,
  Job,
  Outcome,
  Pool,
  PoolCapabilities,
  PoolStats,
  TerminateOptions,
} from "../contracts.ts";
import { Terminated, WorkerLostError } from "../errors.ts";
import { Crew } from "./crew.ts";
import { Dispatch } from "./dispatch.ts";
import type { SpawnExecutor } from "./executor-handle.ts";
import { RemoteJob } from "./remote-job.ts";
import { type RemotePoolOptions, type RemoteSettings, remoteSettings } from "./remote-options.ts";

/** What makes a pool one of processes or of threads. */
export interface RemotePoolParts {
  readonly implementation: string;
  readonly isolation: PoolCapabilities["isolation"];
  readonly spawn: SpawnExecutor;
}

/** Signals that mean the end, of the executor as well. */
const ENDING: ReadonlySet<string> = new Set(["SIGTERM", "SIGINT", "SIGQUIT", "SIGKILL"]);
/** What a terminated job has when it has neighbours. */
const NEIGHBOURLY_GRACE_MS = 1000;

/** Executors that may die of a job before they begin it: of a payload, perhaps, that they cannot read. */
const MAX_DEATHS = 3;

const neverBegan = ({ id }: RemoteJob): WorkerLostError =>
  new WorkerLostError(`${MAX_DEATHS} executors have ended before they could begin job ${id}`);

/**
 * Runs jobs outside the calling event loop. What a job's code does, it does to its executor, which is replaced.
 *
 * States: *new* → *open* → *stopped*. Jobs may be submitted before `start`; they wait for it.
 */
export class RemotePool implements Pool {
  readonly capabilities: PoolCapabilities;
  readonly #implementation: string;
  readonly #settings: RemoteSettings;
  readonly #slots: Slots;
  readonly #crew: Crew;
  readonly #dispatch: Dispatch;
  readonly #jobs = new TransitMap<number, RemoteJob>();
  #size: number;
  #seq = 0;
  #completed = 0;
  #closed: Error | undefined;
  #stopping: Promise<void> | undefined;
  #idle: (() => void)[] = [];

  constructor(options: RemotePoolOptions, parts: RemotePoolParts) {
    const settings = remoteSettings(options);
    this.#settings = settings;
    this.#implementation = parts.implementation;
    this.#size = settings.size;
    this.capabilities = { kill: true, isolation: parts.isolation, concurrent: true, resizable: true };
    this.#slots = new Slots(this.capacity);
    this.#crew = new Crew({
      settings,
      spawn: parts.spawn,
      owner: {
        onRoom: () => this.#dispatch.run(),
        onOutcome: (job, outcome) => this.#end(job, outcome),
        onReturned: (jobs) => this.#takeBack(jobs),
      },
    });
    this.#dispatch = new Dispatch(this.#crew);
  }

  get size(): number {
    return this.#size;
  }

  get slots(): number {
    const { tasksPerExecutor, sendAhead, strategy } = this.#settings;
    return this.#size * (tasksPerExecutor + (strategy === "default" ? sendAhead : 0));
  }

  get capacity(): number {
    return this.#size * (this.#settings.tasksPerExecutor + this.#settings.sendAhead);
  }

  get running(): number {
    return this.#slots.taken;
  }

  /** @throws {ExecutorStartError} when executors cannot be started; the pool is stopped then */
  async start(signal?: AbortSignal): Promise<void> {
    const abort = (): void => void this.stop();
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await this.#crew.open(this.#size);
    } catch (error) {
      await this.stop();
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  submit(job: Job, done: (outcome: Outcome) => void): void {
    if (this.#slots.tryAcquire()) this.#admit(job, done);
    else void this.#slots.acquire().then(() => this.#admit(job, done));
  }

  run(job: Job): Promise<Outcome> {
    return new Promise((resolve) => this.submit(job, resolve));
  }

  async grow(by: number): Promise<void> {
    this.#size += by;
    this.#slots.resize(this.capacity);
    await this.#crew.grow(by);
  }

  async shrink(by: number): Promise<void> {
    const target = Math.max(1, this.#size - by);
    this.#crew.shrink(this.#size - target);
    this.#size = target;
    this.#slots.resize(this.capacity);
  }

  async restart(): Promise<void> {
    await this.#crew.restart();
  }

  withdraw(matches: (job: Job) => boolean): readonly Job[] {
    const wanted = [...this.#jobs.values()].filter(({ job }) => matches(job));
    for (const job of wanted) job.isWithdrawn = true;
    for (const job of wanted) {
      const executor = this.#crew.members.find((member) => member.has(job));
      if (executor === undefined) this.#dispatch.remove(job);
      else executor.callBack();
    }
    const back = wanted.filter((job) => !this.#crew.members.some((member) => member.has(job)));
    for (const job of wanted) job.isWithdrawn = false;
    for (const job of back) this.#forget(job);
    return back.map(({ job }) => job);
  }

  terminate(jobId: string, reason: Error, options: TerminateOptions = {}): boolean {
    const jobs = [...this.#jobs.values()].filter(({ id }) => id === jobId);
    for (const job of jobs) this.#terminate(job, reason, options);
    return jobs.length > 0;
  }

  terminateAll(reason: Error): void {
    const jobs = [...this.#jobs.values()];
    for (const job of jobs) job.terminated ??= reason;
    for (const job of jobs) this.#terminate(job, reason, { graceMs: 0 });
  }

  stats(): PoolStats {
    const members = this.#crew.members.toSorted((a, b) => a.index - b.index);
    return {
      implementation: this.#implementation,
      size: this.#size,
      slots: this.slots,
      running: this.running,
      orphaned: 0,
      completed: this.#completed,
      executors: members.map((member) => member.stats()),
      lost: this.#crew.lost,
      restarts: this.#crew.restarts,
      writes: { strategy: this.#settings.strategy, ...this.#crew.writes },
    };
  }

  dumpStacks(): Promise<readonly ExecutorStack[]> {
    return Promise.all(
      this.#crew.members.map(async (member) => {
        const { index, pid, threadId } = member;
        const stack = await member.handle
          .stack()
          .catch((error: unknown) => `no stack: ${asError(error).message}`);
        return { index, pid, threadId, stack };
      }),
    );
  }

  async openInspector(index: number, options: InspectorOptions = {}): Promise<string> {
    const member = this.#crew.members.find((executor) => executor.index === index);
    if (!member) throw new ImproperlyConfiguredError(`there is no executor ${index} in this pool`);
    return member.handle.openInspector(options.host ?? "127.0.0.1", options.port ?? 0);
  }

  async drain(): Promise<void> {
    if (this.#slots.taken === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#closed = new Terminated("the pool was stopped");
    this.terminateAll(this.#closed);
    await this.#crew.close();
  }

  #admit(job: Job, done: (outcome: Outcome) => void): void {
    if (this.#closed) {
      this.#release();
      return done({ status: "lost", reason: this.#closed });
    }
    const remote = new RemoteJob(++this.#seq, job, done);
    this.#jobs.set(remote.seq, remote);
    this.#dispatch.put(remote);
  }

  #terminate(job: RemoteJob, reason: Error, options: TerminateOptions): void {
    const { signal = "SIGKILL" } = options;
    const executor = this.#crew.members.find((member) => member.has(job));
    if (executor === undefined) {
      this.#dispatch.remove(job);
      return this.#end(job, { status: "lost", reason });
    }
    if (!ENDING.has(signal) && executor.signal(signal)) return;
    job.terminated ??= reason;
    // It ends with its executor then, should it have begun after all.
    if (!executor.hasBegun(job)) return executor.callBack();
    const graceMs = options.graceMs ?? (executor.load > 1 ? NEIGHBOURLY_GRACE_MS : 0);
    const kill = (): void =>
      executor.kill(new WorkerLostError(`its executor was killed to end job ${job.id}: ${reason.message}`));
    if (graceMs <= 0) return kill();
    executor.abort(job, reason);
    job.schedule(graceMs, kill);
  }

  #takeBack(jobs: readonly RemoteJob[]): void {
    for (const job of jobs) {
      if (job.isWithdrawn) continue;
      if (job.terminated) this.#end(job, { status: "lost", reason: job.terminated });
      else if (job.deaths >= MAX_DEATHS) this.#end(job, { status: "lost", reason: neverBegan(job) });
      else this.#dispatch.putBack(job);
    }
    this.#dispatch.run();
  }

  #end(job: RemoteJob, outcome: Outcome): void {
    if (job.isOver) return;
    this.#completed++;
    if (outcome.status === "done" || outcome.status === "failed") this.#crew.worked();
    this.#forget(job);
    job.done(outcome);
  }

  #forget(job: RemoteJob): void {
    job.end();
    this.#jobs.delete(job.seq);
    this.#release();
  }

  #release(): void {
    this.#slots.release();
    if (this.#slots.taken === 0) for (const done of this.#idle.splice(0)) done();
  }
}
