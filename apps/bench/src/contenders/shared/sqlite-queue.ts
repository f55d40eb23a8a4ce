import Database from "libsql";

/** The least that a queue in SQLite needs: messages waiting and messages claimed. */
export interface SqliteQueue {
  insert(messages: readonly string[]): void;
  claim(size: number): readonly ClaimedRow[];
  ack(rows: readonly ClaimedRow[]): void;
}

/** A message taken by this process. */
export interface ClaimedRow {
  readonly id: number;
  readonly message: string;
}

/** Opens or creates the queue in a file in WAL mode. */
export function openSqliteQueue(path: string): SqliteQueue {
  const database = new Database(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = NORMAL");
  database.pragma("busy_timeout = 5000");
  database.exec(`
    CREATE TABLE IF NOT EXISTS waiting (id INTEGER PRIMARY KEY, message TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS unacked (id INTEGER PRIMARY KEY, message TEXT NOT NULL, claimed_at REAL NOT NULL);
  `);
  const insert = database.prepare("INSERT INTO waiting (message) VALUES (?)");
  const take = database.prepare(
    "DELETE FROM waiting WHERE id IN (SELECT id FROM waiting ORDER BY id LIMIT ?) RETURNING id, message",
  );
  const keep = database.prepare("INSERT INTO unacked (id, message, claimed_at) VALUES (?, ?, ?)");
  const remove = database.prepare("DELETE FROM unacked WHERE id = ?");
  const claim = database.transaction((size: number) => {
    const rows = take.all(size) as ClaimedRow[];
    for (const row of rows) keep.run(row.id, row.message, Date.now() / 1000);
    return rows;
  });
  const insertAll = database.transaction((messages: readonly string[]) => {
    for (const message of messages) insert.run(message);
  });
  const removeAll = database.transaction((rows: readonly ClaimedRow[]) => {
    for (const row of rows) remove.run(row.id);
  });
  return {
    insert: (messages) => insertAll.immediate(messages),
    claim: (size) => claim.immediate(size) as readonly ClaimedRow[],
    ack: (rows) => removeAll.immediate(rows),
  };
}
