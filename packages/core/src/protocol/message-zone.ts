import type { Settings } from "../conf/settings.ts";

/**
 * The zone in which an app writes the times of its messages: that of the setting `timezone`. With `enable_utc`
 * switched off and no zone set, it is that of the machine.
 */
export function messageZone({ timezone, enableUtc }: Pick<Settings, "timezone" | "enableUtc">): string {
  if (enableUtc || timezone !== "UTC") return timezone;
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
