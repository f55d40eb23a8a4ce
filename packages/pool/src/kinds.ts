/** The kinds of pools that there are. */
export type PoolKind = "processes" | "threads" | "async" | "solo";

/** Every name that a kind of pool goes by. `prefork`, `eventlet` and `gevent` are Celery's. */
export const POOL_KINDS: ReadonlyMap<string, PoolKind> = new Map([
  ["prefork", "processes"],
  ["processes", "processes"],
  ["threads", "threads"],
  ["async", "async"],
  ["eventlet", "async"],
  ["gevent", "async"],
  ["solo", "solo"],
]);
