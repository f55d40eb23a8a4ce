import { settingsTable } from "./settings-table.ts";

/** Areas whose old names are made from the new one with another prefix; the others are upper case only. */
const OLD_PREFIXES: readonly (readonly [area: string, old: string])[] = [
  ["task_", "CELERY_"],
  ["worker_", "CELERYD_"],
  ["beat_", "CELERYBEAT_"],
  ...[
    "result",
    "event",
    "security",
    "redis",
    "mongodb",
    "cache",
    "couchbase",
    "arangodb",
    "elasticsearch",
  ].map((area) => [`${area}_`, `CELERY_${area.toUpperCase()}_`] as const),
];

/** The old names of settings that do not, or not only, follow the prefix of their area. */
const EXCEPTIONS: readonly (readonly [old: string, name: string])[] = [
  ["CELERY_ACCEPT_CONTENT", "accept_content"],
  ["RESULT_ACCEPT_CONTENT", "result_accept_content"],
  ["CELERY_ENABLE_UTC", "enable_utc"],
  ["CELERY_IMPORTS", "imports"],
  ["CELERY_INCLUDE", "include"],
  ["CELERY_TIMEZONE", "timezone"],
  ["CELERY_TASK_SERIALIZER", "task_serializer"],
  ["CELERY_TASK_PROTOCOL", "task_protocol"],
  ["CELERY_TASK_PUBLISH_RETRY", "task_publish_retry"],
  ["CELERY_TASK_PUBLISH_RETRY_POLICY", "task_publish_retry_policy"],
  ["CELERY_MESSAGE_COMPRESSION", "task_compression"],
  ["CELERY_TASK_RESULT_EXPIRES", "result_expires"],
  ["CELERY_RESULT_EXPIRES", "result_expires"],
  ["CELERY_MAX_CACHED_RESULTS", "result_cache_max"],
  ["CELERY_RESULT_DBURI", "database_url"],
  ["CELERY_RESULT_ENGINE_OPTIONS", "database_engine_options"],
  ["CELERY_RESULT_DB_SHORT_LIVED_SESSIONS", "database_short_lived_sessions"],
  ["CELERY_RESULT_DB_TABLENAMES", "database_table_names"],
  ["CELERY_EAGER_PROPAGATES_EXCEPTIONS", "task_eager_propagates"],
  ["CELERYD_TASK_TIME_LIMIT", "task_time_limit"],
  ["CELERYD_TASK_SOFT_TIME_LIMIT", "task_soft_time_limit"],
  ["CELERY_SEND_TASK_SENT_EVENT", "task_send_sent_event"],
  ["CELERY_SEND_EVENTS", "worker_send_task_events"],
  ["CELERY_DISABLE_RATE_LIMITS", "worker_disable_rate_limits"],
  ["CELERY_ENABLE_REMOTE_CONTROL", "worker_enable_remote_control"],
  ["CELERY_WORKER_DIRECT", "worker_direct"],
  ["CELERY_REDIRECT_STDOUTS", "worker_redirect_stdouts"],
  ["CELERY_REDIRECT_STDOUTS_LEVEL", "worker_redirect_stdouts_level"],
  ["CELERYD_WORKER_LOST_WAIT", "worker_lost_wait"],
  ["CELERYD_CONCURRENCY", "worker_concurrency"],
  ["CELERY_CONCURRENCY", "worker_concurrency"],
];

let table: ReadonlyMap<string, string> | undefined;

/** Celery's upper-case names from before version 4, with what they are called now. */
export function oldNames(): ReadonlyMap<string, string> {
  if (table) return table;
  const irregular = new Set(EXCEPTIONS.map(([, name]) => name));
  const regular = [...settingsTable.keys()].filter((name) => !irregular.has(name));
  table = new Map([...regular.map((name) => [oldName(name), name] as const), ...EXCEPTIONS]);
  return table;
}

function oldName(name: string): string {
  const found = OLD_PREFIXES.find(([area]) => name.startsWith(area));
  return found ? `${found[1]}${name.slice(found[0].length).toUpperCase()}` : name.toUpperCase();
}
