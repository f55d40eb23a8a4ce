import type { LedgerReport } from "../harness/index.ts";
import type { Kill } from "./fleet.ts";

/**
 * The last ends of a process whose acknowledgements may have been under way when it was killed: written, perhaps, and
 * in a socket or in the broker's queues, but not processed. A count and no time, which a busy machine would stretch.
 *
 * A broker processes the acknowledgements of a consumer in order and gives it no more than its prefetch unsettled, here
 * 16. So at most that many tasks can have ended since the last one that the broker knows of, and as many again whose
 * acknowledgements travel with the claim of the next batch.
 */
const UNSETTLED_ENDS = 32;

/**
 * Executions that came too often and that no kill explains. A kill explains an execution that it interrupted, and one
 * that was among the last {@link UNSETTLED_ENDS} to end in the killed process.
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
  const endsOf = new Map<number, number[]>();
  for (const { pid, endedAt } of [...executions.values()].flat()) {
    if (endedAt !== undefined) endsOf.set(pid, [...(endsOf.get(pid) ?? []), endedAt]);
  }
  const isExplained = ({ pid, endedAt }: { pid: number; endedAt: number | undefined }): boolean => {
    if (!killedAt.has(pid)) return false;
    if (endedAt === undefined) return true;
    const later = (endsOf.get(pid) ?? []).filter((at) => at > endedAt);
    return later.length < UNSETTLED_ENDS;
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
