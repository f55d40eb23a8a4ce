import { type Cancel, type Clock, type Logger, systemClock } from "@q/kernel";

/** The pool of a worker, as an autoscaler sees it. */
export interface Scalable {
  /** Executors. */
  readonly size: number;
  /** Tasks that one executor runs at once. */
  readonly tasksPerExecutor: number;
  /** Tasks that run or wait for a slot. */
  load(): number;
  grow(by: number): Promise<void>;
  shrink(by: number): Promise<void>;
}

/** What an {@link Autoscaler} is made with. */
export interface AutoscalerOptions {
  readonly pool: Scalable;
  /** Most executors. */
  readonly max: number;
  /** Fewest executors. A worker keeps one in any case, to take tasks with. */
  readonly min: number;
  /** Milliseconds without growth before the pool shrinks. Default `AUTOSCALE_KEEPALIVE` seconds, else 30 s. */
  readonly keepaliveMs?: number;
  readonly clock?: Clock;
  readonly logger: Logger;
}

/** Milliseconds between two looks at the load. */
const INTERVAL_MS = 1000;

/**
 * Fits the size of a pool to its load, once a second: when every slot is taken it doubles the executors, up to the
 * most; when less is needed, and has not been for a while, it takes the idle ones away, but one. For a policy of your own
 * extend it, override {@link wanted}, and name the class in the setting `worker_autoscaler`.
 *
 * @see celery/worker/autoscale.py
 */
export class Autoscaler {
  readonly pool: Scalable;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #keepaliveMs: number;
  #max: number;
  #min: number;
  #grownMs = -Infinity;
  #cancel: Cancel | undefined;
  #isScaling = false;

  constructor(options: AutoscalerOptions) {
    this.pool = options.pool;
    this.#max = options.max;
    this.#min = options.min;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger;
    this.#keepaliveMs = options.keepaliveMs ?? keepaliveFromEnvironment();
  }

  get max(): number {
    return this.#max;
  }

  get min(): number {
    return this.#min;
  }

  /** Executors there should be for this load; more than `max` or fewer than `min` is put right. */
  wanted(load: number): number {
    const { size, tasksPerExecutor } = this.pool;
    // A worker takes no more messages than it has slots, so a full pool is all that can be seen of a backlog.
    if (load >= size * tasksPerExecutor) return Math.max(1, size) * 2;
    // One more than are busy: without it the pool would be full, and doubled again at once.
    return Math.floor(load / tasksPerExecutor) + 1;
  }

  start(): void {
    this.#cancel = this.#clock.schedule(INTERVAL_MS, () => {
      this.start();
      void this.scale();
    });
  }

  stop(): void {
    this.#cancel?.();
  }

  /** Looks at the load now. */
  async scale(): Promise<void> {
    if (this.#isScaling) return;
    this.#isScaling = true;
    try {
      await this.#resizeTo(this.wanted(this.pool.load()));
    } catch (err) {
      this.#logger.error({ err }, "the pool could not be resized");
    } finally {
      this.#isScaling = false;
    }
  }

  /** Changes the limits; what is left out stays. The pool follows at once. Returns the new limits. */
  async update(limits: { max?: number; min?: number }): Promise<{ max: number; min: number }> {
    const { max = this.#max, min = Math.min(this.#min, max) } = limits;
    this.#max = Math.max(max, min);
    this.#min = min;
    const { size } = this.pool;
    if (size > this.#max) await this.#shrink(size - this.#max);
    else if (size < this.#least) await this.#grow(this.#least - size);
    return { max: this.#max, min: this.#min };
  }

  /** Adds executors, also beyond the most, which is raised then. */
  async forceScaleUp(by: number): Promise<void> {
    this.#max = Math.max(this.#max, this.pool.size + by);
    await this.#grow(by);
  }

  /** Takes executors away, also below the fewest, which is lowered then. */
  async forceScaleDown(by: number): Promise<void> {
    this.#min = Math.max(0, Math.min(this.#min, this.pool.size - by));
    await this.#shrink(by);
  }

  /** What `inspect stats` shows. */
  info(): { readonly max: number; readonly min: number; readonly current: number } {
    return { max: this.#max, min: this.#min, current: this.pool.size };
  }

  get #least(): number {
    return Math.max(1, this.#min);
  }

  async #resizeTo(wanted: number): Promise<void> {
    const { size } = this.pool;
    const target = Math.min(Math.max(wanted, this.#least), this.#max);
    if (target > size) return this.#grow(target - size);
    if (target === size || this.#clock.monotonic() - this.#grownMs < this.#keepaliveMs) return;
    await this.#shrink(size - target);
  }

  async #grow(by: number): Promise<void> {
    this.#grownMs = this.#clock.monotonic();
    this.#logger.info({ by, to: this.pool.size + by }, "the pool grows");
    await this.pool.grow(by);
  }

  async #shrink(by: number): Promise<void> {
    this.#logger.info({ by, to: this.pool.size - by }, "the pool shrinks");
    await this.pool.shrink(by);
  }
}

function keepaliveFromEnvironment(): number {
  const seconds = Number(process.env["AUTOSCALE_KEEPALIVE"] ?? "");
  return (seconds > 0 ? seconds : 30) * 1000;
}
