import type { SchemaPart, SqliteDatabase } from "@q/messaging/internal/sqlite";
import { CHORD_CLAIM_MS, type ChordProgress } from "../chord-store.ts";

/** Chords that are open or remembered, and their members that have ended. Times are milliseconds since 1970. */
export const chordSchema: SchemaPart = {
  name: "chords",
  versions: [
    [
      `CREATE TABLE chord (
        group_id TEXT PRIMARY KEY, size INTEGER, extra INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0,
        is_ended INTEGER NOT NULL DEFAULT 0, claimed_by TEXT, claimed_task TEXT, claimed_until INTEGER NOT NULL DEFAULT 0,
        expires_at INTEGER) WITHOUT ROWID`,
      "CREATE INDEX chord_expiry ON chord (expires_at) WHERE expires_at IS NOT NULL",
      `CREATE TABLE chord_part (
        group_id TEXT NOT NULL, task_id TEXT NOT NULL, position INTEGER, is_success INTEGER NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY (group_id, task_id)) WITHOUT ROWID`,
    ],
    [
      "ALTER TABLE chord ADD COLUMN is_taken_away INTEGER NOT NULL DEFAULT 0",
      "CREATE TABLE begun_message (key TEXT PRIMARY KEY, attempt TEXT NOT NULL, expires_at INTEGER) WITHOUT ROWID",
      "CREATE INDEX begun_message_expiry ON begun_message (expires_at) WHERE expires_at IS NOT NULL",
    ],
  ],
};

/** In order: group, expiry. */
const TOUCH = `INSERT INTO chord (group_id, expires_at) VALUES (?, ?)
  ON CONFLICT (group_id) DO UPDATE SET expires_at = excluded.expires_at`;
const STATE = `SELECT size + extra, counted, is_ended, is_taken_away, claimed_by, claimed_task, claimed_until
  FROM chord WHERE group_id = ?`;
const ADD = `INSERT INTO chord_part (group_id, task_id, position, is_success, body) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (group_id, task_id) DO NOTHING`;
const REPLACE = `UPDATE chord_part SET is_success = ?, body = ? WHERE group_id = ? AND task_id = ? AND is_success = 0`;
const BEGIN = `INSERT INTO begun_message (key, attempt, expires_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE
  SET attempt = excluded.attempt, expires_at = excluded.expires_at WHERE attempt = excluded.attempt OR expires_at <= ?`;
const BEGUN_BY = "SELECT attempt FROM begun_message WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)";
const CLAIM = "UPDATE chord SET claimed_by = ?, claimed_task = ?, claimed_until = ? WHERE group_id = ?";

/** What is stored of one member. */
export interface ChordPartRow {
  readonly groupId: string;
  readonly taskId: string;
  readonly position: number | null;
  readonly isSuccess: boolean;
  readonly body: Buffer;
}

/** Who asks, when, and when what they write expires; `null` for never. */
export interface ChordMoment {
  readonly attempt: string;
  readonly nowMs: number;
  readonly expiresAtMs: number | null;
}

/** The chords in a database file. Every method that writes is to be called inside a write transaction. */
export class ChordTable {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  setSize(groupId: string, size: number, moment: ChordMoment): void {
    this.#touch(groupId, moment);
    this.#database.prepare("UPDATE chord SET size = ? WHERE group_id = ?").run(size, groupId);
  }

  grow(groupId: string, moment: ChordMoment): void {
    this.#touch(groupId, moment);
    this.#database.prepare("UPDATE chord SET extra = extra + 1 WHERE group_id = ?").run(groupId);
  }

  count(part: ChordPartRow, moment: ChordMoment): ChordProgress {
    const { groupId, taskId, position, isSuccess, body } = part;
    this.#touch(groupId, moment);
    if (this.#state(groupId).isEnded) return "waiting";
    const added = this.#database.prepare(ADD).run(groupId, taskId, position, isSuccess ? 1 : 0, body);
    if (added > 0)
      this.#database.prepare("UPDATE chord SET counted = counted + 1 WHERE group_id = ?").run(groupId);
    else this.#database.prepare(REPLACE).run(isSuccess ? 1 : 0, body, groupId, taskId);
    const { total, counted, isTakenAway } = this.#state(groupId);
    const isOpen = total === null || counted < total || isTakenAway;
    return isOpen ? "waiting" : this.#claim(groupId, taskId, moment);
  }

  take(groupId: string, moment: ChordMoment): ChordProgress {
    if (this.#database.prepare("SELECT 1 FROM chord WHERE group_id = ?").first(groupId) === undefined)
      return "waiting";
    this.#touch(groupId, moment);
    if (this.#state(groupId).isEnded) return "waiting";
    if (this.#claim(groupId, null, moment) !== "last") return "taken";
    this.#database.prepare("UPDATE chord SET is_taken_away = 1 WHERE group_id = ?").run(groupId);
    return "last";
  }

  begin(key: string, { attempt, nowMs, expiresAtMs }: ChordMoment): boolean {
    return this.#database.prepare(BEGIN).run(key, attempt, expiresAtMs, nowMs) > 0;
  }

  begunBy(key: string, nowMs: number): string | undefined {
    const row = this.#database.prepare(BEGUN_BY).first(key, nowMs);
    return row?.[0] as string | undefined;
  }

  /** In the order of the header. */
  parts(groupId: string): Buffer[] {
    return this.#database
      .prepare("SELECT body FROM chord_part WHERE group_id = ? ORDER BY position IS NULL, position")
      .all(groupId)
      .map(([body]) => body as Buffer);
  }

  renew(groupId: string, { attempt, nowMs }: ChordMoment): void {
    this.#database
      .prepare("UPDATE chord SET claimed_until = ? WHERE group_id = ? AND claimed_by = ?")
      .run(nowMs + CHORD_CLAIM_MS, groupId, attempt);
  }

  end(groupId: string, moment: ChordMoment): void {
    this.#touch(groupId, moment);
    this.#database
      .prepare("UPDATE chord SET is_ended = 1, counted = 0, claimed_by = NULL WHERE group_id = ?")
      .run(groupId);
    this.#database.prepare("DELETE FROM chord_part WHERE group_id = ?").run(groupId);
  }

  deleteExpired(nowMs: number): void {
    this.#database
      .prepare("DELETE FROM chord_part WHERE group_id IN (SELECT group_id FROM chord WHERE expires_at <= ?)")
      .run(nowMs);
    this.#database.prepare("DELETE FROM chord WHERE expires_at <= ?").run(nowMs);
    this.#database.prepare("DELETE FROM begun_message WHERE expires_at <= ?").run(nowMs);
  }

  /** Makes the chord known, as a new one when what is there has expired, and lets it live on. */
  #touch(groupId: string, { nowMs, expiresAtMs }: ChordMoment): void {
    const row = this.#database.prepare("SELECT expires_at FROM chord WHERE group_id = ?").first(groupId);
    const expiry = row?.[0];
    if (typeof expiry === "number" && expiry <= nowMs) {
      this.#database.prepare("DELETE FROM chord_part WHERE group_id = ?").run(groupId);
      this.#database.prepare("DELETE FROM chord WHERE group_id = ?").run(groupId);
    }
    this.#database.prepare(TOUCH).run(groupId, expiresAtMs);
  }

  #state(groupId: string): ChordState {
    const row = this.#database.prepare(STATE).first(groupId) ?? [];
    const [total = null, counted = 0, isEnded = 0, isTakenAway = 0, by = null, task = null, until = 0] = row;
    return {
      total: total === null ? null : Number(total),
      counted: Number(counted),
      isEnded: isEnded === 1,
      isTakenAway: isTakenAway === 1,
      claimedBy: by === null ? undefined : String(by),
      claimedTask: task === null ? undefined : String(task),
      claimedUntilMs: Number(until),
    };
  }

  #claim(groupId: string, taskId: string | null, { attempt, nowMs }: ChordMoment): ChordProgress {
    const { claimedBy, claimedTask, claimedUntilMs } = this.#state(groupId);
    if (claimedBy !== undefined && claimedBy !== attempt && claimedUntilMs > nowMs)
      return taskId !== null && claimedTask === taskId ? "taken" : "waiting";
    this.#database.prepare(CLAIM).run(attempt, taskId, nowMs + CHORD_CLAIM_MS, groupId);
    return "last";
  }
}

interface ChordState {
  /** Members to come in all; `null` while that is not known. */
  readonly total: number | null;
  readonly counted: number;
  readonly isEnded: boolean;
  readonly isTakenAway: boolean;
  readonly claimedBy: string | undefined;
  readonly claimedTask: string | undefined;
  readonly claimedUntilMs: number;
}
