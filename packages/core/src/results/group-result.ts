import type { ResultTuple } from "@q/backends";
import type { App } from "../app/app.ts";
import type { DependencyGraph } from "./dependency-graph.ts";
import type { Collected, GraphOptions } from "./result-graph.ts";
import type { ResultHandle } from "./result-handle.ts";
import { ResultSet } from "./result-set.ts";
import { tupleOf } from "./result-tuple.ts";

/**
 * The results of a group, by the id of the group.
 *
 * @see celery/result.py, GroupResult
 */
export class GroupResult<
  out TResults extends readonly unknown[] = readonly unknown[],
> extends ResultSet<TResults> {
  readonly id: string;
  /** Result of what came before the group, when known. */
  readonly parent: ResultHandle | undefined;

  constructor(
    id: string,
    app: App | undefined,
    known: { readonly results: Iterable<ResultHandle>; readonly parent?: ResultHandle | undefined },
  ) {
    super(app, known.results);
    this.id = id;
    this.parent = known.parent;
  }

  /** The results of its members. */
  async children(): Promise<readonly ResultHandle[]> {
    return this.results;
  }

  /**
   * Keeps in the result backend which results belong to the group, so that `app.restoreGroup(id)` finds them in another
   * process.
   *
   * @throws {BackendStoreError} also where the backend keeps nothing that others can read
   */
  async save(): Promise<void> {
    await (await this.app.backend()).groups.save(this.asTuple());
  }

  /** Removes what {@link save} has kept; the results stay. */
  async delete(): Promise<void> {
    await (await this.app.backend()).groups.delete(this.id);
  }

  /** This result, its members and all that came of them, with their values. @throws {IncompleteStreamError} */
  async *collect(options: GraphOptions = {}): AsyncGenerator<Collected, void, undefined> {
    yield* (await import("./result-graph.ts")).collect(this, options);
  }

  /** This result, its members and all that came of them, as a graph. @throws {IncompleteStreamError} */
  async graph(options: GraphOptions = {}): Promise<DependencyGraph<ResultHandle>> {
    return (await import("./result-graph.ts")).graphOf(this, options);
  }

  /** Asks every worker not to run its tasks, nor those before it and those that came of them, in one message. */
  async revokeTree(options: { terminate?: boolean; signal?: string } = {}): Promise<void> {
    const { treeIds } = await import("./result-graph.ts");
    await this.app.revoke(await treeIds(this), options);
  }

  /** The form in which results travel: `[[id, parent], members]`. */
  asTuple(): ResultTuple {
    return tupleOf(this);
  }

  /** As {@link asTuple}, wherever it is a part of what travels. */
  toJSON(): ResultTuple {
    return this.asTuple();
  }

  override toString(): string {
    return `<GroupResult: ${this.id} [${this.results.map(String).join(", ")}]>`;
  }
}
