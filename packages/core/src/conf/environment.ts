import type { SettingValues } from "./setting-source.ts";

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that win over every other source, as they do in Celery. */
const OVERRIDES: readonly (readonly [variable: string, setting: string])[] = [
  ["CELERY_BROKER_URL", "broker_url"],
  ["CELERY_BROKER_READ_URL", "broker_read_url"],
  ["CELERY_BROKER_WRITE_URL", "broker_write_url"],
  ["CELERY_RESULT_BACKEND", "result_backend"],
];

/** The settings that the environment overrides; an empty variable counts as unset. */
export function environmentOverrides(env: Environment): SettingValues {
  return new Map(
    OVERRIDES.flatMap(([variable, name]) => (env[variable] ? [[name, env[variable]] as const] : [])),
  );
}
