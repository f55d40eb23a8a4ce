export { BeatLockedError, BeatStoreError, CrontabError, EntryError, ScheduleError } from "./errors.ts";
export type { CrontabErrorKind } from "./errors.ts";
export { isDue, remainingEstimate } from "./schedule.ts";
export type { Due, DueOptions, Schedule, ScheduleContext } from "./schedule.ts";
export { Clocked, clocked } from "./schedules/clocked.ts";
export { Crontab, crontab, crontabFromString } from "./schedules/crontab.ts";
export type { CrontabFields, CrontabOptions } from "./schedules/crontab.ts";
export type { Cronspec } from "./schedules/crontab-parser.ts";
export { humanSeconds, Interval, interval } from "./schedules/interval.ts";
export type { DurationParts, IntervalOptions } from "./schedules/interval.ts";
export { Solar, solar, SOLAR_EVENTS } from "./schedules/solar.ts";
export type { SolarEvent } from "./schedules/solar.ts";
export { Beat } from "./beat.ts";
export type { BeatOptions } from "./beat-options.ts";
export type {
  BeatStore,
  EntryChange,
  EntryState,
  Lease,
  RunRequest,
  StoredEntry,
  StoredSchedule,
} from "./contracts.ts";
export type { EntryJson, EntryOptions, MisfirePolicy } from "./entry.ts";
export type { EntryInfo } from "./entry-info.ts";
export { FencedError } from "./errors.ts";
export type { BeatListeners } from "./listeners.ts";
export type { Missed } from "./misfires.ts";
export { occurrenceId } from "./occurrence-id.ts";
export type { Occurrence } from "./occurrence-id.ts";
export type { LastRun, Run, SendOptions, TaskSender } from "./run.ts";
export { toSchedule } from "./schedule-spec.ts";
export type { ScheduleSpec } from "./schedule-spec.ts";
export { MemoryStore } from "./stores/memory-store.ts";
export { openStore } from "./stores/open-store.ts";
export type { StoreContext } from "./stores/open-store.ts";
