import { asError, type Clock, type Logger, sleep } from "@q/kernel";
import { occurrenceId } from "./occurrence-id.ts";
import type { LastRun } from "./run.ts";
import type { Row } from "./timetable.ts";

/** How long it may take to find out whether a run has ended. */
const MAX_ASKING_MS = 5000;

/** What {@link goesOn} works with. */
export interface OverlapParts {
  readonly scope: string;
  readonly isRunning: ((run: LastRun) => unknown) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whether the last run of an entry has not ended. Who cannot tell does not hold up the schedule; nor does the end of the beat. */
export async function goesOn(parts: OverlapParts, row: Row, end: AbortSignal): Promise<boolean> {
  const { isRunning, scope, logger, clock } = parts;
  const { lastRunAt } = row.state;
  if (row.sending > 0) return true;
  if (isRunning === undefined || lastRunAt === null) return false;
  const { name, task } = row.entry;
  const id = occurrenceId({ scope, name, at: lastRunAt });
  const late = new AbortController();
  try {
    const noAnswer = sleep(MAX_ASKING_MS, { clock, signal: AbortSignal.any([end, late.signal]) }).then(() => {
      throw new Error("no answer");
    });
    return Boolean(
      await Promise.race([isRunning({ id, name, task, scheduledAt: new Date(lastRunAt) }), noAnswer]),
    );
  } catch (error) {
    const fields = { entry: name, err: asError(error) };
    if (!end.aborted) logger.warn(fields, "cannot tell whether the last run has ended");
    return false;
  } finally {
    late.abort();
  }
}
