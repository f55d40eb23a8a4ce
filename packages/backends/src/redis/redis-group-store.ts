import type { GroupStore, ResultTuple } from "../contracts.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import type { PayloadFormat } from "../result-payload.ts";
import { decodeGroup, encodeGroup } from "../saved-group.ts";
import type { ResultKeys } from "./redis-keys.ts";
import { driverError, type RedisResults, setFor } from "./redis-results.ts";

/** What a {@link RedisGroupStore} is made of. */
export interface RedisGroupParts {
  readonly results: RedisResults;
  readonly keys: ResultKeys;
  readonly format: PayloadFormat;
  /** 0 for ever. */
  readonly ttlSeconds: number;
}

/** Saved groups in the keys of Celery. */
export class RedisGroupStore implements GroupStore {
  readonly #parts: RedisGroupParts;

  constructor(parts: RedisGroupParts) {
    this.#parts = parts;
  }

  async save(group: ResultTuple): Promise<void> {
    const { results, keys, format, ttlSeconds } = this.#parts;
    const [[id]] = group;
    const body = encodeGroup(group, format);
    try {
      await results.command("saving a group", (socket) =>
        setFor(socket, [keys.ofGroup(id), body], ttlSeconds),
      );
    } catch (error) {
      const cause = driverError(error);
      const text = `the group ${id} could not be stored in Redis: ${cause.message}. Check the server.`;
      throw new BackendStoreError(text, { taskId: id, state: "PENDING", cause });
    }
  }

  async restore(id: string): Promise<ResultTuple | undefined> {
    const { results, keys, format } = this.#parts;
    const [body] = await this.#attempt(id, "read", () => results.read([keys.ofGroup(id)]));
    return body ? decodeGroup(id, body, format) : undefined;
  }

  async delete(id: string): Promise<void> {
    const { results, keys } = this.#parts;
    await this.#attempt(id, "removed", () => results.delete([keys.ofGroup(id)]));
  }

  async #attempt<TResult>(id: string, what: string, run: () => Promise<TResult>): Promise<TResult> {
    try {
      return await run();
    } catch (error) {
      const cause = driverError(error);
      const text = `the group ${id} could not be ${what} in Redis: ${cause.message}. Check the server.`;
      throw new BackendGetError(text, { taskIds: [id], cause });
    }
  }
}
