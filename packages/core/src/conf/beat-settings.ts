/** Settings: Beat. */
export interface BeatSettings {
  /** Periodic entries. Default `{}`. */
  readonly beatSchedule: Readonly<Record<string, unknown>>;
  /** Scheduler of your own, as `module:export`; see the guide to periodic tasks. Default `null`. */
  readonly beatScheduler: string | null;
  /** Where the schedule is kept: a file, or a URL as `q beat -s` takes it. Default `"celerybeat-schedule"`. */
  readonly beatScheduleFilename: string;
  /**
   * Every run is recorded before it is sent; this says after how many a schedule file also waits for the disk, for the case
   * that the machine loses power. 0: every 180 seconds. Default `0`.
   */
  readonly beatSyncEvery: number;
  /** Longest sleep between looks at the clock, seconds. 0: 300. Default `0`. */
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
