import { asError } from "@q/kernel";
import type { BackendContext } from "../contracts.ts";
import type { ChordPart, ChordProgress, ChordStore } from "../chord-store.ts";
import { decodePart, encodePart } from "../chord-part-codec.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import type { PayloadFormat } from "../result-payload.ts";
import type { ChordMoment, ChordTable } from "./chord-table.ts";
import type { UseTables } from "./result-table.ts";

/** Chords in an SQLite file. */
export class SqliteChordStore implements ChordStore {
  readonly #context: BackendContext;
  readonly #format: PayloadFormat;
  readonly #use: UseTables;

  constructor(context: BackendContext, format: PayloadFormat, use: UseTables) {
    this.#context = context;
    this.#format = format;
    this.#use = use;
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
    return this.#write(groupId, (chords, moment) => chords.count({ ...row, body }, moment), {
      attempt,
      isPatient: true,
    });
  }

  take(groupId: string, attempt: string): Promise<ChordProgress> {
    return this.#write(groupId, (chords, moment) => chords.take(groupId, moment), { attempt });
  }

  async parts(groupId: string): Promise<ChordPart[]> {
    const bodies = await this.#read(groupId, (chords) => chords.parts(groupId));
    return bodies.map((body) => decodePart(groupId, body, this.#format));
  }

  renew(groupId: string, attempt: string): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.renew(groupId, moment), { attempt });
  }

  end(groupId: string): Promise<void> {
    return this.#write(groupId, (chords, moment) => chords.end(groupId, moment));
  }

  begin(key: string, attempt: string): Promise<boolean> {
    return this.#write(key, (chords, moment) => chords.begin(key, moment), { attempt });
  }

  begunBy(key: string): Promise<string | undefined> {
    return this.#read(key, (chords) => chords.begunBy(key, this.#context.clock.now()));
  }

  async #write<TResult>(
    groupId: string,
    operation: (chords: ChordTable, moment: ChordMoment) => TResult,
    { attempt = "", isPatient = false }: { readonly attempt?: string; readonly isPatient?: boolean } = {},
  ): Promise<TResult> {
    const { clock, expiresSeconds } = this.#context;
    try {
      const write = (chords: ChordTable): TResult => {
        const nowMs = clock.now();
        const expiresAtMs = expiresSeconds ? nowMs + expiresSeconds * 1000 : null;
        return operation(chords, { attempt, nowMs, expiresAtMs });
      };
      return await this.#use((table) => table.write(write), { isPatient });
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
      return await this.#use(({ chords }) => read(chords));
    } catch (error) {
      const cause = asError(error);
      throw new BackendGetError(`the group ${groupId} could not be read from SQLite: ${cause.message}`, {
        taskIds: [groupId],
        cause,
      });
    }
  }
}
