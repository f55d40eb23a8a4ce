import { ImproperlyConfiguredError } from "@q/kernel";
import type { Pool } from "@q/pool";
import { importTasks } from "./app-module/load-app.ts";
import type { Autoscaler, Scalable } from "./autoscale/autoscaler.ts";
import type { Worker } from "./worker.ts";

/** How a pool is started anew. */
export interface RestartPoolOptions {
  /** Modules to import first, here and in the executors. */
  readonly modules?: readonly string[];
}

/** Changes the pool of a running worker: for autoscaling, and for remote control. */
export class PoolControl implements Scalable {
  readonly #worker: Worker;
  /** Modules that new executors import; shared with what they are started with. */
  readonly #include: string[];
  autoscaler: Autoscaler | undefined;

  constructor(worker: Worker, include: string[]) {
    this.#worker = worker;
    this.#include = include;
  }

  get size(): number {
    return this.#pool.size;
  }

  get tasksPerExecutor(): number {
    const { slots, size } = this.#pool;
    return Math.max(1, Math.round(slots / Math.max(1, size)));
  }

  load(): number {
    const { dispatcher } = this.#worker;
    return (dispatcher?.running.length ?? 0) + (dispatcher?.waiting.length ?? 0);
  }

  /** Adds executors; resolves when they are ready. @throws {ImproperlyConfiguredError} when the pool cannot grow */
  async grow(by: number): Promise<void> {
    await this.#resizable().grow(by);
    this.#worker.dispatcher?.resized();
  }

  /** Takes executors away, never the last. @throws {ImproperlyConfiguredError} when the pool cannot shrink */
  async shrink(by: number): Promise<void> {
    await this.#resizable().shrink(by);
    this.#worker.dispatcher?.resized();
  }

  /** As {@link grow}, by way of the autoscaler when there is one, so that it does not take the new ones away. */
  growBy(by: number): Promise<void> {
    return this.autoscaler ? this.autoscaler.forceScaleUp(by) : this.grow(by);
  }

  /** As {@link shrink}, by way of the autoscaler when there is one. */
  shrinkBy(by: number): Promise<void> {
    return this.autoscaler ? this.autoscaler.forceScaleDown(by) : this.shrink(by);
  }

  /** Replaces every executor when its tasks have ended; new ones import the app anew, as it is then. */
  async restart(options: RestartPoolOptions): Promise<void> {
    const { app } = this.#worker;
    if (!app.conf.workerPoolRestarts)
      throw new ImproperlyConfiguredError("pool restarts are off: set worker_pool_restarts to true.");
    const { modules = [] } = options;
    const added = modules.filter((one) => !this.#include.includes(one));
    if (added.length > 0) {
      await importTasks(app, process.cwd(), added);
      this.#include.push(...added);
    }
    await this.#pool.restart();
  }

  /** Changes the limits of the autoscaler. @throws {ImproperlyConfiguredError} when there is none */
  async autoscale(max?: number, min?: number): Promise<{ max: number; min: number }> {
    if (this.autoscaler === undefined)
      throw new ImproperlyConfiguredError("autoscaling is not on: start the worker with --autoscale.");
    return this.autoscaler.update({ ...(max !== undefined && { max }), ...(min !== undefined && { min }) });
  }

  /** Ends the processes of the pool at once. */
  kill(): void {
    const pids = new Set(this.#worker.pool?.stats().executors?.map(({ pid }) => pid));
    pids.delete(process.pid);
    for (const pid of pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }

  get #pool(): Pool {
    const { pool } = this.#worker;
    if (pool === undefined) throw new TypeError("the worker has not started");
    return pool;
  }

  #resizable(): Pool {
    const pool = this.#pool;
    if (pool.capabilities.resizable) return pool;
    throw new ImproperlyConfiguredError(
      `a pool of the kind ${pool.stats().implementation} has a fixed size.`,
    );
  }
}
