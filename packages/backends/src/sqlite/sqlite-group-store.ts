import { asError } from "@q/kernel";
import type { BackendContext, GroupStore, ResultTuple } from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import type { PayloadFormat } from "../result-payload.ts";
import { decodeGroup, encodeGroup } from "../saved-group.ts";
import type { GroupTable } from "./group-table.ts";
import type { UseTables } from "./result-table.ts";

/** Saved groups in an SQLite file. */
export class SqliteGroupStore implements GroupStore {
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #use: UseTables;

  constructor(context: BackendContext, format: PayloadFormat, use: UseTables) {
    this.#context = context;
    this.#format = format;
    this.#use = use;
  }

  async save(group: ResultTuple): Promise<void> {
    const { expiresSeconds } = this.#context;
    const [[id]] = group;
    const body = encodeGroup(group, this.#format);
    const ttlMs = expiresSeconds ? expiresSeconds * 1000 : undefined;
    try {
      await this.#use(({ groups }) => groups.put(id, body, ttlMs));
    } catch (error) {
      const cause = asError(error);
      const text = `the group ${id} could not be stored in SQLite: ${cause.message}`;
      throw new BackendStoreError(text, { taskId: id, state: "PENDING", cause });
    }
  }

  async restore(id: string): Promise<ResultTuple | undefined> {
    const body = await this.#attempt(id, "read", (groups) => groups.find(id));
    return body && decodeGroup(id, body, this.#format);
  }

  delete(id: string): Promise<void> {
    return this.#attempt(id, "removed", (groups) => groups.delete(id));
  }

  async #attempt<TResult>(
    id: string,
    what: string,
    run: (groups: GroupTable) => TResult | Promise<TResult>,
  ): Promise<TResult> {
    try {
      return await this.#use(({ groups }) => run(groups));
    } catch (error) {
      const cause = asError(error);
      const text = `the group ${id} could not be ${what} in SQLite: ${cause.message}`;
      throw new BackendGetError(text, { taskIds: [id], cause });
    }
  }
}
