import { asError } from "@q/kernel";
import type { BackendContext, ResultTuple } from "../contracts.ts";
import type { ChordPart, ChordProgress, ChordStore } from "../chord-store.ts";
import { decodePart, encodePart } from "../chord-part-codec.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import type { PayloadFormat } from "../result-payload.ts";
import { decodeGroup, encodeGroup } from "../saved-group.ts";
import type { ChordMoment, ChordTable } from "./chord-table.ts";
import type { ResultTable } from "./result-table.ts";

/** Chords and saved groups in an SQLite file. */
export class SqliteChordStore implements ChordStore {
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #open: () => Promise<ResultTable>;

  constructor(context: BackendContext, format: PayloadFormat, open: () => Promise<ResultTable>) {
    this.#context = context;
    this.#format = format;
    this.#open = open;
  }

  setSize(groupId: string, size: number): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.setSize(groupId, size, moment));
  }

  grow(groupId: string): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.grow(groupId, moment));
  }

  async part(part: ChordPart, attempt: string): Promise<ChordProgress> {
    const { groupId, taskId, groupIndex: position = null, status } = part;
    const row = { groupId, taskId, position, isSuccess: status === "SUCCESS" };
    const body = encodePart(part, this.#format);
    return this.#write(groupId, (chords, moment) => chords.count({ ...row, body }, moment), attempt);
  }

  take(groupId: string, attempt: string): Promise<Exclude<ChordProgress, "taken">> {
    return this.#write(groupId, (chords, moment) => chords.take(groupId, moment), attempt);
  }

  async parts(groupId: string): Promise<ChordPart[]> {
    const bodies = await this.#read(groupId, (chords) => chords.parts(groupId));
    return bodies.map((body) => decodePart(groupId, body, this.#format));
  }

  renew(groupId: string, attempt: string): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.renew(groupId, moment), attempt);
  }

  end(groupId: string): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.end(groupId, moment));
  }

  async saveGroup(group: ResultTuple): Promise<void> {
    const id = group[0][0];
    const body = encodeGroup(group, this.#format);
    await this.#write(id, (chords, { expiresAtMs }) => chords.saveGroup(id, body, expiresAtMs));
  }

  async restoreGroup(id: string): Promise<ResultTuple | undefined> {
    const body = await this.#read(id, (chords) => chords.findGroup(id, this.#context.clock.now()));
    return body && decodeGroup(id, body, this.#format);
  }

  deleteGroup(id: string): Promise<void> {
    return this.#write(id, (chords) => chords.deleteGroup(id));
  }

  async #write<TResult>(
    groupId: string,
    operation: (chords: ChordTable, moment: ChordMoment) => TResult,
    attempt = "",
  ): Promise<TResult> {
    const { clock, expiresSeconds } = this.#context;
    try {
      const table = await this.#open();
      return await table.write((chords) => {
        const nowMs = clock.now();
        return operation(chords, {
          attempt,
          nowMs,
          expiresAtMs: expiresSeconds ? nowMs + expiresSeconds * 1000 : null,
        });
      });
    } catch (error) {
      const cause = asError(error);
      throw new BackendStoreError(`the group ${groupId} could not be stored in SQLite: ${cause.message}`, {
        taskId: groupId,
        state: "PENDING",
        cause,
      });
    }
  }

  async #read<TResult>(groupId: string, read: (chords: ChordTable) => TResult): Promise<TResult> {
    try {
      return read((await this.#open()).chords);
    } catch (error) {
      const cause = asError(error);
      throw new BackendGetError(`the group ${groupId} could not be read from SQLite: ${cause.message}`, {
        taskIds: [groupId],
        cause,
      });
    }
  }
}
