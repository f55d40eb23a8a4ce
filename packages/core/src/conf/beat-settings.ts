/** Settings: Beat. */
export interface BeatSettings {
  /** Periodic entries. Default `{}`. */
  readonly beatSchedule: Readonly<Record<string, unknown>>;
  /** Module path of a scheduler of your own. Default `null`. */
  readonly beatScheduler: string | null;
  /** Store of last run times. Default `"celerybeat-schedule"`. */
  readonly beatScheduleFilename: string;
  /** Tasks sent between two saves of the schedule; 0: every 180 seconds. Default `0`. */
  readonly beatSyncEvery: number;
  /** Longest sleep between looks at the schedule, seconds. 0: decided by the scheduler. Default `0`. */
  readonly beatMaxLoopInterval: number;
  /** Cron runs missed for longer than this are skipped, seconds. Default `null`. */
  readonly beatCronStartingDeadline: number | null;
  /** Log file. Default `null`. */
  readonly beatLogfile: string | null;
  /** PID file. Default `null`. */
  readonly beatPidfile: string | null;
  /** User to drop to. Default `null`. */
  readonly beatUid: string | number | null;
  /** Group to drop to. Default `null`. */
  readonly beatGid: string | number | null;
  /** umask. Default `null`. */
  readonly beatUmask: string | number | null;
  /** Interpreter used when detaching. Default `null`. */
  readonly beatExecutable: string | null;
}
