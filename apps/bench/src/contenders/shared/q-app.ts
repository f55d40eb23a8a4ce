import { type App, createApp, type Task } from "@q/core";
import { Worker } from "@q/worker";
import { readyAndGo, readyForever } from "../../harness/contender.ts";
import { noopTask } from "../../harness/context.ts";

/** Slots of the measured workers; BullMQ runs with the same concurrency. */
const CONCURRENCY = 100;

/** An app with the no-op task of the bench. */
export interface BenchApp {
  readonly app: App;
  readonly noop: Task<[x: number, y: number], null>;
  /** Resolves when the task has run `count` times. */
  readonly ran: (count: number) => Promise<void>;
}

/** What differs between the apps of the scenarios. */
export interface BenchAppOptions {
  readonly queue: string;
  readonly broker: string;
  /** Without one results are ignored. */
  readonly backend?: string;
  /** Default false. */
  readonly taskEvents?: boolean;
}

/** Makes an app for one broker and queue, without tasks. */
export function appWithoutTasks({ queue, broker, backend, taskEvents = false }: BenchAppOptions): App {
  return createApp("bench", {
    broker,
    taskDefaultQueue: queue,
    workerSendTaskEvents: taskEvents,
    ...(backend === undefined ? { taskIgnoreResult: true } : { backend }),
  });
}

/** Makes an app for one broker and queue. */
export function benchApp(options: BenchAppOptions): BenchApp {
  const app = appWithoutTasks(options);
  let runs = 0;
  let awaited: { readonly count: number; readonly resolve: () => void } | undefined;
  const noop = app.task(noopTask, (_x: number, _y: number): null => {
    if (++runs === awaited?.count) awaited.resolve();
    return null;
  });
  return { app, noop, ran: (count) => new Promise((resolve) => (awaited = { count, resolve })) };
}

/** A worker on the event-loop pool. It does not ask others first: that takes a second, and nothing is drained meanwhile. */
export function benchWorker(app: App, prefetchMultiplier = 4): Worker {
  return new Worker(app, {
    pool: "async",
    concurrency: CONCURRENCY,
    prefetchMultiplier,
    withoutMingle: true,
  });
}

/** The other side of a round trip: a worker that runs no-op tasks. */
export async function serveBench(options: BenchAppOptions): Promise<void> {
  await benchWorker(benchApp(options).app).start();
  readyForever();
}

/** Starts the clocks, drains `count` tasks, and ends when the last acknowledgement has reached the broker. */
export async function measureDrain(options: BenchAppOptions, count: number): Promise<never> {
  const { app, ran } = benchApp(options);
  const worker = benchWorker(app);
  // Connecting is set-up; consuming is what is measured.
  await (await app.connectionForWrite()).connect();
  const done = ran(count);
  const meter = await readyAndGo();
  await worker.start();
  await done;
  await worker.consumer?.flush();
  return meter.finish(count);
}

/** Sends `count` tasks: `window` loops that await each call, or `window` calls at once. */
export async function measureEnqueue(
  options: BenchAppOptions,
  {
    count,
    window,
    mode,
  }: { readonly count: number; readonly window: number; readonly mode: "concurrent" | "bulk" },
): Promise<never> {
  const { noop } = benchApp(options);
  await noop.delay(2, 3);
  const meter = await readyAndGo();
  let left = count - 1;
  const loop = async (): Promise<void> => {
    while (left-- > 0) await noop.delay(2, 3);
  };
  if (mode === "concurrent") await Promise.all(Array.from({ length: window }, loop));
  else
    for (; left > 0; left -= window)
      await Promise.all(Array.from({ length: Math.min(left, window) }, () => noop.delay(2, 3)));
  return meter.finish(count);
}
