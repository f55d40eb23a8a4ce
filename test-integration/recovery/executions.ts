import type { LedgerReport } from "../harness/index.ts";
import type { Kill } from "./fleet.ts";

/** How long before a kill an end may lie whose acknowledgement was still under way. */
const UNSETTLED_MS = 1000;

/**
 * Executions that came too often and that no kill explains. A kill explains an execution that it interrupted, and one
 * that had ended so shortly before that its acknowledgement was under way.
 */
export function unexplainedRepeats(report: LedgerReport, kills: readonly Kill[]): string[] {
  const killedAt = new Map(kills.map(({ pid, at }) => [pid, at]));
  const executions = new Map<
    string | number,
    { pid: number; startedAt: number; endedAt: number | undefined }[]
  >();
  for (const { id, event, pid, at } of report.entries) {
    const known = executions.get(id) ?? [];
    executions.set(id, known);
    if (event === "start") known.push({ pid, startedAt: at, endedAt: undefined });
    else {
      const open = known.findLast((one) => one.pid === pid && one.endedAt === undefined);
      if (open) open.endedAt = at;
    }
  }
  const isExplained = ({ pid, endedAt }: { pid: number; endedAt: number | undefined }): boolean => {
    const at = killedAt.get(pid);
    return at !== undefined && (endedAt === undefined || endedAt > at - UNSETTLED_MS);
  };
  const unexplained: string[] = [];
  for (const [id, runs] of executions) {
    const repeated = runs.slice(0, -1).filter((run) => !isExplained(run));
    for (const { pid, startedAt, endedAt } of repeated) {
      const lasted = endedAt === undefined ? "without an end" : `for ${endedAt - startedAt} ms`;
      const at = killedAt.get(pid);
      const killed = at === undefined ? "not killed" : `killed ${at - (endedAt ?? startedAt)} ms later`;
      const next = runs
        .filter((run) => run.startedAt >= startedAt)
        .map((run) => `${run.pid} after ${run.startedAt - startedAt} ms`);
      unexplained.push(
        `${id} ran in ${pid} ${lasted}, which was ${killed}; all later runs: ${next.join(", ")}`,
      );
    }
  }
  return unexplained;
}
