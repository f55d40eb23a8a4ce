import { type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import type { TaskContext } from "../tasks/task-context.ts";

/** What subscribers of the channel `q.publish` get: a task message on its way to the broker. */
export interface PublishTrace {
  readonly id: string;
  /** Name of the task. */
  readonly name: string;
  readonly exchange: string;
  readonly routingKey: string;
  /** Headers to send along: subscribers of `start` may add some. */
  readonly headers: Record<string, unknown>;
  /** With the event `error`. */
  error?: unknown;
}

/** What subscribers of the channel `q.run` get: a task that a worker runs, with all that follows from its end. */
export interface RunTrace {
  readonly context: TaskContext;
  /** With the event `asyncEnd`; its `status` tells how the task ended. */
  result?: { readonly status: string; readonly error?: Error; readonly reason?: Error };
  /** With the event `error`: the worker failed, not the task. */
  error?: unknown;
}

/** Publishing of tasks, for `node:diagnostics_channel`: `tracing:q.publish:start` and so on. */
export const publishChannel: TracingChannel<unknown, PublishTrace> = tracingChannel("q.publish");
/** Running of tasks: `tracing:q.run:start` and so on. */
export const runChannel: TracingChannel<unknown, RunTrace> = tracingChannel("q.run");

/** Runs a task under the eyes of those who trace; for nothing when there are none. */
export function traceRun<TOutcome extends NonNullable<RunTrace["result"]>>(
  context: TaskContext,
  run: () => TOutcome | Promise<TOutcome>,
): TOutcome | Promise<TOutcome> {
  if (!runChannel.start.hasSubscribers) return run();
  return runChannel.tracePromise(async () => run(), { context });
}
