import type { App } from "@q/core";
import { censor, effectiveBrokerUrl } from "@q/core/internal";

/** What the banner of a beat tells. */
export interface BeatBanner {
  readonly app: App;
  readonly version: string;
  readonly scheduler: string;
  /** Where the schedule is kept. */
  readonly schedule: string;
  readonly logfile: string | undefined;
  readonly loglevel: string;
  /** Seconds. */
  readonly maxInterval: number;
}

/** What a beat says of itself when it starts, in the words of Celery's. */
export function beatBanner(banner: BeatBanner): string {
  const { app, version, scheduler, schedule, logfile, loglevel, maxInterval } = banner;
  const urls = [effectiveBrokerUrl(app.conf)].flat().map((url) => String(censor("broker_url", url)));
  return [
    `q beat v${version} is starting.`,
    `__    -    ... __   -        _`,
    `LocalTime -> ${new Date(app.clock.now()).toISOString()}`,
    "Configuration ->",
    `    . broker -> ${urls.join(";")}`,
    `    . app -> ${app.name}`,
    `    . scheduler -> ${scheduler}`,
    `    . db -> ${schedule}`,
    `    . logfile -> ${logfile ?? "[stderr]"}@%${loglevel.toUpperCase()}`,
    `    . maxinterval -> ${maxInterval} seconds`,
  ].join("\n");
}
