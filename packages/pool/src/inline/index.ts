/** The pool without processes and threads, for programs that have no use for those; and what kinds of pools there are. */
export { InlinePool } from "./inline-pool.ts";
export type { InlinePoolOptions } from "./inline-pool.ts";
export { POOL_KINDS } from "../kinds.ts";
export type { PoolKind } from "../kinds.ts";
