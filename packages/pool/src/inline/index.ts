/** The pool without processes and threads, for programs that have no use for those. */
export { InlinePool } from "./inline-pool.ts";
export type { InlinePoolOptions } from "./inline-pool.ts";
