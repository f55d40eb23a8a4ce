import { ImproperlyConfiguredError } from "@q/kernel";

/**
 * One part of a worker. A worker starts its parts in the order of their needs and stops them in reverse.
 *
 * @see celery/bootsteps.py
 */
export interface Bootstep<TContext> {
  readonly name: string;
  /** Names of the parts that must be up before this one. */
  readonly requires?: readonly string[];
  /** Brings the part up; the worker is ready when all are. */
  start?(context: TContext): Promise<void>;
  /** Takes nothing new from here on, and resolves when everything begun is finished. */
  drain?(context: TContext): Promise<void>;
  /** Ends the part; called once, also when `start` of another part failed. */
  stop?(context: TContext): Promise<void>;
}

/** An ordered assembly of parts. */
export class Blueprint<TContext> {
  readonly steps: readonly Bootstep<TContext>[];
  readonly #started: Bootstep<TContext>[] = [];

  /** @throws {ImproperlyConfiguredError} when a part needs one that is missing, or two need each other */
  constructor(steps: readonly Bootstep<TContext>[]) {
    this.steps = inOrder(steps);
  }

  /** Starts the parts one after the other, up to the first before which `isStopping` says to leave it. */
  async start(context: TContext, isStopping: () => boolean = () => false): Promise<void> {
    for (const step of this.steps) {
      if (isStopping()) return;
      this.#started.push(step);
      await step.start?.(context);
    }
  }

  /** Drains the parts one after the other, those that bring work in first. @throws as `stop` */
  async drain(context: TContext): Promise<void> {
    await each([...this.#started].reverse(), async (step) => step.drain?.(context));
  }

  /** Stops every part, also when one of them fails to. @throws what the first of those threw */
  async stop(context: TContext): Promise<void> {
    await each(this.#started.splice(0).reverse(), async (step) => step.stop?.(context));
  }
}

/** Asks one step after the other, all of them, and throws the first failure at the end. */
async function each<TStep>(steps: readonly TStep[], ask: (step: TStep) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await ask(step).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Each step after those it requires, otherwise in the given order. */
function inOrder<TContext>(steps: readonly Bootstep<TContext>[]): Bootstep<TContext>[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const ordered = new Set<Bootstep<TContext>>();
  const visit = (step: Bootstep<TContext>, path: readonly string[]): void => {
    if (ordered.has(step)) return;
    if (path.includes(step.name)) {
      throw new ImproperlyConfiguredError(`bootsteps need each other: ${[...path, step.name].join(" -> ")}`);
    }
    for (const name of step.requires ?? []) {
      const needed = byName.get(name);
      if (needed === undefined)
        throw new ImproperlyConfiguredError(`bootstep "${step.name}" requires "${name}", which is missing`);
      visit(needed, [...path, step.name]);
    }
    ordered.add(step);
  };
  for (const step of steps) visit(step, []);
  return [...ordered];
}
