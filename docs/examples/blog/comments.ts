import Database from "libsql";

/** A comment as readers see it, once it has passed the filter. */
export interface Comment {
  readonly id: number;
  readonly author: string;
  readonly text: string;
}

const db = new Database("blog.db");
db.pragma("journal_mode = WAL");
db.pragma("busy_timeout = 5000");
db.exec(`CREATE TABLE IF NOT EXISTS comments (
  id INTEGER PRIMARY KEY, author TEXT NOT NULL, text TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'waiting')`);

/** Keeps a comment that nobody sees yet, and returns its id. */
export function addComment(author: string, text: string): number {
  const { lastInsertRowid } = db
    .prepare("INSERT INTO comments (author, text) VALUES (?, ?)")
    .run(author, text);
  return Number(lastInsertRowid);
}

export function findComment(id: number): Comment | undefined {
  return db.prepare("SELECT id, author, text FROM comments WHERE id = ?").get(id) as Comment | undefined;
}

export function judgeComment(id: number, state: "shown" | "spam"): void {
  db.prepare("UPDATE comments SET state = ? WHERE id = ?").run(state, id);
}

export function shownComments(): Comment[] {
  return db
    .prepare("SELECT id, author, text FROM comments WHERE state = 'shown' ORDER BY id")
    .all() as Comment[];
}
