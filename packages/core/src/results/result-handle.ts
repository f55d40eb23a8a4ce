import type { AsyncResult } from "./async-result.ts";
import type { GroupResult } from "./group-result.ts";

/** The result of a task or of a group. */
export type ResultHandle = AsyncResult<unknown> | GroupResult<readonly unknown[]>;
