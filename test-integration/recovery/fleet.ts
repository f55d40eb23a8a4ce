import type { ChildProgram } from "../harness/index.ts";
import { childrenOf } from "../harness/process-tree.ts";
import { qWorker, type QWorkerOptions } from "../harness/q-worker.ts";

/** A worker, or a process of its pool, that was killed. */
export interface Kill {
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Several `q worker` processes of one kind; one that is killed is replaced at once. */
export class Fleet implements AsyncDisposable {
  readonly kills: Kill[] = [];
  readonly #options: QWorkerOptions;
  readonly #ready = new Set<ChildProgram>();
  readonly #starting = new Set<Promise<void>>();
  #failure: unknown;
  #isClosed = false;

  private constructor(options: QWorkerOptions) {
    this.#options = options;
  }

  static async start(size: number, options: QWorkerOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    for (let n = 0; n < size; n++) fleet.#add();
    await Promise.all(fleet.#starting);
    fleet.check();
    return fleet;
  }

  /** Workers that consume at the moment. */
  get ready(): readonly ChildProgram[] {
    return [...this.#ready];
  }

  /** Throws when a worker could not start, or ended without having been killed. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Ends a worker and its processes without a warning, and starts another in its place. */
  kill(worker: ChildProgram): void {
    this.#ready.delete(worker);
    const at = Date.now();
    for (const pid of [worker.pid, ...childrenOf(worker.pid)]) this.kills.push({ pid, at });
    worker.kill("SIGKILL");
    this.#add();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#starting);
    await Promise.all([...this.#ready].map((worker) => worker[Symbol.asyncDispose]()));
  }

  #add(): void {
    const starting = this.#start().catch((error: unknown) => {
      this.#failure ??= error;
    });
    this.#starting.add(starting);
    void starting.finally(() => this.#starting.delete(starting));
  }

  async #start(): Promise<void> {
    const worker = await qWorker(this.#options);
    this.#ready.add(worker);
    void worker.exited.then(() => {
      if (this.#ready.delete(worker) && !this.#isClosed) this.#failure ??= worker.failure("ended by itself");
    });
  }
}
