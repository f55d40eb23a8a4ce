import { join } from "node:path";
import { crontab, type BeatOptions, type EntryOptions, type LastRun } from "@q/beat";
import { asError } from "@q/kernel";
import type { App } from "@q/core";
import { effectiveResultBackend } from "@q/core/internal";

/** Where the beat of an app keeps its schedule, and how long it may sleep; the rest is the app's. */
export interface BeatSource {
  readonly app: App;
  /** File or URL; default the setting `beat_schedule_filename`. */
  readonly schedule?: string | undefined;
  /** Seconds; default the setting `beat_max_loop_interval`. */
  readonly maxInterval?: number | undefined;
}

const DEFAULT_MAX_INTERVAL = 300;
/** A task without a stored state for so long is not on its way any more; it stores none, or its message was lost. */
const UNKNOWN_AFTER_MS = 3_600_000;
const CLEANUP = "celery.backend_cleanup";

/** Where the schedule is kept, as `openStore` takes it. */
export function scheduleOf({ app, schedule }: BeatSource): string {
  return schedule ?? app.conf.beatScheduleFilename;
}

/** Longest sleep of the beat, seconds. */
export function maxIntervalOf({ app, maxInterval }: BeatSource): number {
  // 0 is Celery's word for the default.
  return maxInterval || app.conf.beatMaxLoopInterval || DEFAULT_MAX_INTERVAL;
}

/** The beat of an app: its entries, its settings, and the app as the sender. */
export async function beatOptions(source: BeatSource): Promise<BeatOptions> {
  const { app } = source;
  const own = app.periodicTasks as unknown as Readonly<Record<string, EntryOptions>>;
  return {
    entries: { ...(await defaultEntries(app)), ...own },
    sender: app,
    store: scheduleOf(source),
    timeZone: timeZoneOf(app),
    scope: app.name,
    maxIntervalMs: maxIntervalOf(source) * 1000,
    syncEvery: app.conf.beatSyncEvery,
    cronStartingDeadline: app.conf.beatCronStartingDeadline ?? undefined,
    logger: app.logger,
    clock: app.clock,
    ...(effectiveResultBackend(app.conf) !== null && { isRunning: (run: LastRun) => isRunning(app, run) }),
  };
}

/** With `enable_utc` switched off and no zone set, the zone of the machine, as in Celery. */
function timeZoneOf(app: App): string {
  const { timezone, enableUtc } = app.conf;
  return enableUtc || timezone !== "UTC" ? timezone : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What Celery's beat adds by itself: old results are removed every night, where they do not go by themselves. */
async function defaultEntries(app: App): Promise<Readonly<Record<string, EntryOptions>>> {
  if (effectiveResultBackend(app.conf) === null || !app.conf.resultExpires) return {};
  try {
    if ((await app.backend()).capabilities.autoExpire) return {};
  } catch (error) {
    app.logger.warn({ err: asError(error) }, "the result backend cannot be asked whether results expire");
    return {};
  }
  const schedule = crontab({ minute: 0, hour: 4 });
  return { [CLEANUP]: { task: CLEANUP, schedule, options: { expires: 12 * 3600 } } };
}

async function isRunning(app: App, { id, scheduledAt }: LastRun): Promise<boolean> {
  const meta = await app.AsyncResult(id).meta();
  if (meta === undefined) return app.clock.now() - scheduledAt.getTime() < UNKNOWN_AFTER_MS;
  return !["SUCCESS", "FAILURE", "REVOKED"].includes(meta.status);
}

/** The schedule as people may see it: without a password, and files with their folder. */
export function shownSchedule(schedule: string): string {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(schedule))
    return schedule.startsWith("/") ? schedule : join(process.cwd(), schedule);
  return schedule.replace(/\/\/([^/@:]*):[^/@]*@/, "//$1:**@");
}
