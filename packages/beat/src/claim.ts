import type { EntryState } from "./contracts.ts";
import type { Plan } from "./misfires.ts";
import type { Row } from "./timetable.ts";

/** What is about to be sent of an entry. */
export interface Claim {
  readonly row: Row;
  readonly plan: Plan;
  readonly before: EntryState;
}

/** The state with the claim. */
export function claimed({ state }: Row, { runs, since }: Plan): EntryState {
  return {
    identity: state.identity,
    since,
    lastRunAt: runs.at(-1) ?? state.lastRunAt,
    totalRunCount: state.totalRunCount + runs.length,
    pending: [...state.pending, ...runs],
  };
}

/** The state without a claim that the store has refused; what was recorded on top of it stays. */
export function unclaimed({ row, plan, before }: Claim): EntryState {
  const { identity, totalRunCount, pending } = row.state;
  return {
    identity,
    since: before.since,
    lastRunAt: before.lastRunAt,
    totalRunCount: totalRunCount - plan.runs.length,
    pending: pending.filter((at) => !plan.runs.includes(at)),
  };
}

/** The state without the claim of one occurrence. */
export function without(state: EntryState, at: number): EntryState {
  return { ...state, pending: state.pending.filter((one) => one !== at) };
}
