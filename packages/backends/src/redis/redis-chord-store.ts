import { Batcher } from "@q/kernel";
import type { RedisSocket } from "@q/messaging/internal/redis";
import type { ChordPart, ChordProgress, ChordStore } from "../chord-store.ts";
import { decodePart, encodePart } from "../chord-part-codec.ts";
import { BackendGetError, BackendStoreError } from "../errors.ts";
import type { PayloadFormat } from "../result-payload.ts";
import {
  beginMessage,
  type ChordFormat,
  type ChordKeys,
  countParts,
  endChord,
  renewClaim,
  type ScriptPart,
  takeChord,
  trimChord,
} from "./chord-script.ts";
import type { ResultKeys } from "./redis-keys.ts";
import { driverError, type RedisResults, setFor } from "./redis-results.ts";

/** Members that one read asks for. */
const PAGE = 5000;
/** Members that one script call counts: the server does nothing else meanwhile. */
const MAX_PARTS = 200;

/** What a {@link RedisChordStore} is made of. */
export interface RedisChordParts {
  readonly results: RedisResults;
  readonly keys: ResultKeys;
  readonly format: PayloadFormat;
  readonly chordFormat: ChordFormat;
}

/** Chords in the keys of Celery, whose workers may run members of the same chord. */
export class RedisChordStore implements ChordStore {
  readonly #parts: RedisChordParts;
  readonly #counting: Batcher<ScriptPart, ChordProgress | Error>;

  constructor(parts: RedisChordParts) {
    this.#parts = parts;
    this.#counting = new Batcher({
      flush: (batch) =>
        parts.results.command(
          "counting members of chords",
          (socket) => countParts(socket, batch, parts.chordFormat),
          { isPatient: true },
        ),
      maxBatch: MAX_PARTS,
    });
  }

  setSize(groupId: string, size: number): Promise<void> {
    const [, , key] = this.#keys(groupId);
    return this.#store(groupId, (socket) => setFor(socket, [key, String(size)], this.#ttlSeconds));
  }

  async grow(groupId: string): Promise<void> {
    const [, key] = this.#keys(groupId);
    await this.#store(groupId, async (socket) => {
      await socket.call("INCR", [key]);
      if (this.#ttlSeconds > 0) await socket.call("EXPIRE", [key, this.#ttlSeconds]);
    });
  }

  async part(part: ChordPart, attempt: string): Promise<ChordProgress> {
    const { groupId, taskId, groupIndex, status } = part;
    const encoded = encodePart(part, this.#parts.format);
    const keys = this.#keys(groupId);
    const isSuccess = status === "SUCCESS";
    try {
      const answer = await this.#counting.add({ keys, groupIndex, taskId, encoded, attempt, isSuccess });
      if (answer instanceof Error) throw answer;
      return answer;
    } catch (error) {
      throw storeError(groupId, error);
    }
  }

  take(groupId: string, attempt: string): Promise<ChordProgress> {
    const { ttlSeconds } = this.#parts.chordFormat;
    const keys = this.#keys(groupId);
    return this.#store(groupId, (socket) => takeChord(socket, keys, { attempt, ttlSeconds }));
  }

  async parts(groupId: string): Promise<ChordPart[] | undefined> {
    const keys = this.#keys(groupId);
    for (;;) {
      const bodies = await this.#bodies(groupId, keys[0]);
      const parts = bodies.map((body) => decodePart(groupId, body, this.#parts.format));
      const surplus = surplusOf(parts).flatMap((index) => bodies[index] ?? []);
      if (surplus.length === 0) return parts;
      const { isOrdered } = this.#parts.chordFormat;
      const isComplete = await this.#store(groupId, (socket) =>
        trimChord(socket, keys, { isOrdered, surplus }),
      );
      if (!isComplete) return undefined;
    }
  }

  renew(groupId: string, attempt: string): Promise<void> {
    return this.#store(groupId, (socket) => renewClaim(socket, this.#keys(groupId), attempt));
  }

  end(groupId: string): Promise<void> {
    return this.#store(groupId, (socket) => endChord(socket, this.#keys(groupId), this.#ttlSeconds));
  }

  begin(key: string, attempt: string): Promise<boolean> {
    return this.#store(key, (socket) =>
      beginMessage(socket, this.#parts.keys.ofBegun(key), { attempt, ttlSeconds: this.#ttlSeconds }),
    );
  }

  async begunBy(key: string): Promise<string | undefined> {
    const { results, keys } = this.#parts;
    const [attempt] = await this.#read(key, () => results.read([keys.ofBegun(key)]));
    return attempt?.toString();
  }

  /** Resolves when everything asked for so far is done. */
  idle(): Promise<void> {
    return this.#counting.idle();
  }

  get #ttlSeconds(): number {
    return this.#parts.chordFormat.ttlSeconds;
  }

  #keys(groupId: string): ChordKeys {
    return this.#parts.keys.ofChord(groupId);
  }

  async #bodies(groupId: string, key: string): Promise<Buffer[]> {
    const bodies: Buffer[] = [];
    const command = this.#parts.chordFormat.isOrdered ? "ZRANGE" : "LRANGE";
    for (;;) {
      const range = [key, bodies.length, bodies.length + PAGE - 1];
      const page = await this.#read(groupId, () =>
        this.#parts.results.command(
          "reading members of a chord",
          async (socket) => (await socket.callBuffer(command, range)) as Buffer[],
        ),
      );
      bodies.push(...page);
      if (page.length < PAGE) return bodies;
    }
  }

  async #store<TResult>(id: string, run: (socket: RedisSocket) => Promise<TResult>): Promise<TResult> {
    try {
      return await this.#parts.results.command("storing a group", run);
    } catch (error) {
      throw storeError(id, error);
    }
  }

  async #read<TResult>(id: string, run: () => Promise<TResult>): Promise<TResult> {
    try {
      return await run();
    } catch (error) {
      const cause = driverError(error);
      throw new BackendGetError(`the group ${id} could not be read from Redis: ${cause.message}`, {
        taskIds: [id],
        cause,
      });
    }
  }
}

/** Positions of members that are there another time; a success counts before any other end. */
function surplusOf(parts: readonly ChordPart[]): number[] {
  const kept = new Map<string, number>();
  const surplus: number[] = [];
  parts.forEach(({ taskId, status }, index) => {
    const before = kept.get(taskId);
    if (before === undefined) return void kept.set(taskId, index);
    const isBetter = status === "SUCCESS" && parts[before]?.status !== "SUCCESS";
    surplus.push(isBetter ? before : index);
    if (isBetter) kept.set(taskId, index);
  });
  return surplus;
}

function storeError(groupId: string, error: unknown): BackendStoreError {
  const cause = driverError(error);
  const text = `the group ${groupId} could not be stored in Redis: ${cause.message}. Check the server.`;
  return new BackendStoreError(text, { taskId: groupId, state: "PENDING", cause });
}
