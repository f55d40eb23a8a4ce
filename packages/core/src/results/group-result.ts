import type { ResultTuple } from "@q/backends";
import type { App } from "../app/app.ts";
import type { GetOptions } from "./async-result.ts";
import type { ResultHandle } from "./result-handle.ts";

/** The results of a group. */
export class GroupResult<out TResults extends readonly unknown[]> {
  readonly id: string;
  readonly app: App;
  /** Results of the members, in their order. */
  readonly results: readonly ResultHandle[];
  /** Result of what came before the group, when known. */
  readonly parent: ResultHandle | undefined;

  constructor(
    id: string,
    app: App,
    known: { readonly results: readonly ResultHandle[]; readonly parent?: ResultHandle | undefined },
  ) {
    this.id = id;
    this.app = app;
    this.results = known.results;
    this.parent = known.parent;
  }

  /** Waits for all members. */
  async get(options: GetOptions = {}): Promise<TResults> {
    const values: unknown[] = [];
    for (const result of this.results) values.push(await result.get(options));
    return values as unknown as TResults;
  }

  /** The form in which results travel: `[[id, parent], members]`. */
  asTuple(): ResultTuple {
    return [[this.id, this.parent?.asTuple() ?? null], this.results.map((result) => result.asTuple())];
  }
}
