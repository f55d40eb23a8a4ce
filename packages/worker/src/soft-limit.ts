import { type Logger, SoftTimeLimitExceeded } from "@q/kernel";
import type { TaskRequest } from "@q/core";
import type { TraceJob } from "./trace.ts";

/** Says that a task has had its time, when that is so: one that does not look at its signal goes on in silence. */
export function reportSoftLimit(
  logger: Logger,
  { job, request }: { readonly job: TraceJob; readonly request: TaskRequest },
): void {
  const { signal, softLimitMs } = job;
  const report = (): void => {
    if (!(signal.reason instanceof SoftTimeLimitExceeded)) return;
    logger.warn(
      { taskId: request.id, taskName: request.task, seconds: softLimitMs / 1000 },
      "soft time limit exceeded",
    );
  };
  signal.addEventListener("abort", report, { once: true });
}
