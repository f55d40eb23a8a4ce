import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "./sqlite-database.ts";
import { ensureSchema, type SchemaPart } from "./sqlite-schema.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "q-database-"));
  file = join(folder, "q.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const notes: SchemaPart = { name: "notes", versions: [["CREATE TABLE note (text TEXT NOT NULL)"]] };

describe("openDatabase", () => {
  it("creates the directories of the file", async () => {
    await using use = await openDatabase(join(folder, "some", "where", "q.db"));
    expect((await stat(use.database.file)).isFile()).toBe(true);
  });

  it("gives all users of a process the same database until the last one releases it", async () => {
    const one = await openDatabase(file);
    const two = await openDatabase(join(folder, ".", "q.db"));
    expect(two.database).toBe(one.database);
    await one[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
    expect(two.database.prepare("SELECT 1").all()).toEqual([[1]]);
    await two[Symbol.asyncDispose]();
    await using three = await openDatabase(file);
    expect(three.database).not.toBe(one.database);
    expect(() => one.database.prepare("SELECT 2")).toThrow(expect.objectContaining({ code: "ERR_Q_CLOSED" }));
  });

  it("refuses a file that is not a database, naming it", async () => {
    await writeFile(file, "something else entirely, and long enough to be read as a header. ".repeat(20));
    await expect(openDatabase(file)).rejects.toMatchObject({
      code: "ERR_Q_CONNECTION",
      message: expect.stringContaining("is not an SQLite database"),
    });
    expect(await readdir(folder)).toEqual(["q.db"]);
  });

  it("refuses a directory and a path below a file", async () => {
    await expect(openDatabase(folder)).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
    await writeFile(file, "");
    await expect(openDatabase(join(file, "q.db"))).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
  });
});

describe("SqliteDatabase", () => {
  it("runs the writes of one turn in one transaction, in order", async () => {
    await using use = await openDatabase(file);
    const { database } = use;
    await ensureSchema(database, notes);
    const before = database.transactionCount;
    const insert = (text: string) =>
      database.write(() => database.prepare("INSERT INTO note VALUES (?)").run(text));
    await Promise.all(["a", "b", "c"].map(insert));
    expect(database.transactionCount).toBe(before + 1);
    expect(database.prepare("SELECT text FROM note").all()).toEqual([["a"], ["b"], ["c"]]);
  });

  it("fails only the write that is wrong, and keeps its neighbours", async () => {
    await using use = await openDatabase(file);
    const { database } = use;
    await ensureSchema(database, notes);
    const insert = (text: string | null) =>
      database.write(() => database.prepare("INSERT INTO note VALUES (?)").run(text));
    const results = await Promise.allSettled(["a", null, "c"].map(insert));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(database.prepare("SELECT text FROM note").all()).toEqual([["a"], ["c"]]);
  });

  it("waits for a locked database without blocking, and says so when it stays locked", async () => {
    await using use = await openDatabase(file, { lockTimeoutMs: 30 });
    const { database } = use;
    await ensureSchema(database, notes);
    const { openDriver } = await import("./sqlite-driver.ts");
    const other = await openDriver(file);
    other.exec("BEGIN IMMEDIATE");
    const insert = () => database.write(() => database.prepare("INSERT INTO note VALUES ('x')").run());
    await expect(insert()).rejects.toMatchObject({
      code: "ERR_Q_CONNECTION",
      message: expect.stringContaining("locked"),
      cause: expect.objectContaining({ code: "SQLITE_BUSY" }),
    });
    other.exec("COMMIT");
    other.close();
    expect(await insert()).toBe(1);
  });

  it("reports a full disk and goes on when there is space again", async () => {
    await using use = await openDatabase(file);
    const { database } = use;
    await ensureSchema(database, notes);
    const fill = () =>
      database.write(() => database.prepare("INSERT INTO note VALUES (?)").run("x".repeat(100_000)));
    database.prepare("PRAGMA max_page_count = 8").all();
    await expect(fill()).rejects.toMatchObject({ message: expect.stringContaining("the disk is full") });
    database.prepare("PRAGMA max_page_count = 8000").all();
    expect(await fill()).toBe(1);
  });

  it("breaks when its file is removed, and the next opening makes a new one", async () => {
    await using use = await openDatabase(file);
    await rm(file);
    use.database.checkFile();
    expect(await use.database.broken).toMatchObject({ code: "ERR_Q_CONNECTION" });
    await expect(use.database.write(() => 1)).rejects.toMatchObject({ code: "ERR_Q_CONNECTION" });
    await rm(`${file}-wal`, { force: true });
    await rm(`${file}-shm`, { force: true });
    await using next = await openDatabase(file);
    expect(await next.database.write(() => 1)).toBe(1);
  });
});

describe("ensureSchema", () => {
  it("applies the versions that are missing, once", async () => {
    await using use = await openDatabase(file);
    await ensureSchema(use.database, notes);
    const newer = { ...notes, versions: [...notes.versions, ["ALTER TABLE note ADD COLUMN author TEXT"]] };
    await ensureSchema(use.database, newer);
    await ensureSchema(use.database, newer);
    expect(use.database.prepare("SELECT author FROM note").all()).toEqual([]);
  });

  it("refuses tables of a newer version", async () => {
    await using use = await openDatabase(file);
    await ensureSchema(use.database, { ...notes, versions: [...notes.versions, []] });
    await expect(ensureSchema(use.database, notes)).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining("newer version of Q"),
    });
  });
});
