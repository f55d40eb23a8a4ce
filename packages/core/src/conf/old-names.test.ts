import { expect, it } from "vitest";
import { oldNames } from "./old-names.ts";
import { settingsTable } from "./settings-table.ts";

it.each([
  ["BROKER_URL", "broker_url"],
  ["BROKER_POOL_LIMIT", "broker_pool_limit"],
  ["CELERYD_CONCURRENCY", "worker_concurrency"],
  ["CELERY_CONCURRENCY", "worker_concurrency"],
  ["CELERYD_PREFETCH_MULTIPLIER", "worker_prefetch_multiplier"],
  ["CELERYBEAT_SCHEDULE", "beat_schedule"],
  ["CELERY_ACCEPT_CONTENT", "accept_content"],
  ["CELERY_ACKS_LATE", "task_acks_late"],
  ["CELERY_ALWAYS_EAGER", "task_always_eager"],
  ["CELERY_ANNOTATIONS", "task_annotations"],
  ["CELERY_CACHE_BACKEND", "cache_backend"],
  ["CELERY_DEFAULT_QUEUE", "task_default_queue"],
  ["CELERY_DISABLE_RATE_LIMITS", "worker_disable_rate_limits"],
  ["CELERY_EAGER_PROPAGATES_EXCEPTIONS", "task_eager_propagates"],
  ["CELERY_ENABLE_REMOTE_CONTROL", "worker_enable_remote_control"],
  ["CELERY_ENABLE_UTC", "enable_utc"],
  ["CELERY_EVENT_QUEUE_TTL", "event_queue_ttl"],
  ["CELERY_IGNORE_RESULT", "task_ignore_result"],
  ["CELERY_IMPORTS", "imports"],
  ["CELERY_INCLUDE", "include"],
  ["CELERY_MAX_CACHED_RESULTS", "result_cache_max"],
  ["CELERY_MESSAGE_COMPRESSION", "task_compression"],
  ["CELERY_MONGODB_BACKEND_SETTINGS", "mongodb_backend_settings"],
  ["CELERY_QUEUES", "task_queues"],
  ["CELERY_REDIRECT_STDOUTS", "worker_redirect_stdouts"],
  ["CELERY_REDIRECT_STDOUTS_LEVEL", "worker_redirect_stdouts_level"],
  ["CELERY_REDIS_MAX_CONNECTIONS", "redis_max_connections"],
  ["CELERY_RESULT_BACKEND", "result_backend"],
  ["CELERY_RESULT_DBURI", "database_url"],
  ["CELERY_RESULT_DB_SHORT_LIVED_SESSIONS", "database_short_lived_sessions"],
  ["CELERY_RESULT_DB_TABLENAMES", "database_table_names"],
  ["CELERY_RESULT_ENGINE_OPTIONS", "database_engine_options"],
  ["CELERY_RESULT_EXPIRES", "result_expires"],
  ["CELERY_ROUTES", "task_routes"],
  ["CELERY_SECURITY_KEY", "security_key"],
  ["CELERY_SEND_EVENTS", "worker_send_task_events"],
  ["CELERY_SEND_TASK_SENT_EVENT", "task_send_sent_event"],
  ["CELERY_TASK_PROTOCOL", "task_protocol"],
  ["CELERY_TASK_PUBLISH_RETRY", "task_publish_retry"],
  ["CELERY_TASK_PUBLISH_RETRY_POLICY", "task_publish_retry_policy"],
  ["CELERY_TASK_RESULT_EXPIRES", "result_expires"],
  ["CELERY_TASK_SERIALIZER", "task_serializer"],
  ["CELERY_TIMEZONE", "timezone"],
  ["CELERY_TRACK_STARTED", "task_track_started"],
  ["CELERY_WORKER_DIRECT", "worker_direct"],
  ["CELERYD_TASK_SOFT_TIME_LIMIT", "task_soft_time_limit"],
  ["CELERYD_TASK_TIME_LIMIT", "task_time_limit"],
  ["CELERYD_WORKER_LOST_WAIT", "worker_lost_wait"],
])("reads %s as %s", (old, name) => {
  expect(oldNames().get(old)).toBe(name);
});

it("leads only to settings that exist, and to each of them", () => {
  expect(new Set(oldNames().values())).toEqual(new Set(settingsTable.keys()));
});
