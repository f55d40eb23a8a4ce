import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFile,
  type FileHandle,
  mkdtemp,
  open as openFile,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@q/kernel";
import { recordingLogger } from "@q/kernel/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EntryState } from "../../contracts.ts";
import { BeatLockedError, BeatStoreError } from "../../errors.ts";
import { storeContract } from "../../testing/store-contract.ts";
import { type FileStore, openFileStore } from "./file-store.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "q-beat-"));
  file = join(folder, "schedule");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const logger = recordingLogger();
const open = (): Promise<FileStore> => openFileStore(file, { logger, clock: systemClock });
const state = (since: number): EntryState => ({
  identity: "x",
  since,
  lastRunAt: null,
  totalRunCount: 0,
  pending: [],
});
const names = async (store: FileStore): Promise<string[]> =>
  (await store.load()).entries.map(({ name }) => name);

describe("FileStore", () => {
  for (const { title, needs, run } of storeContract) {
    it.skipIf(needs === "shared")(`contract: ${title}`, () => run(open));
  }

  it("loses nothing but the line that a crash has cut off", async () => {
    await using store = await open();
    const lease = await store.acquire("one");
    await store.save(new Map([["a", state(1)]]), lease);
    // What a process leaves that dies while it writes, and does not give the lease back.
    await appendFile(file, '{"state":["b",{"ident');
    await rm(`${file}.lock`);
    await using next = await open();
    expect(await names(next)).toEqual(["a"]);
    await next.change({ kind: "enable", name: "c", enabled: false });
    await using third = await open();
    expect(await names(third)).toEqual(["a", "c"]);
  });

  it.each([
    { syncEvery: 1, syncs: 6 },
    { syncEvery: 3, syncs: 2 },
    { syncEvery: 0, syncs: 0 },
  ])(
    "waits for the disk $syncs times in six runs with syncEvery $syncEvery",
    async ({ syncEvery, syncs }) => {
      await using store = await openFileStore(file, { logger, clock: systemClock, syncEvery });
      const lease = await store.acquire("one");
      const handle = await openFile(file, "r");
      const datasync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, "datasync");
      await handle.close();
      try {
        for (let run = 1; run <= 6; run++) {
          await store.save(new Map([["a", { ...state(run), totalRunCount: run, pending: [run] }]]), lease);
          await store.save(new Map([["a", { ...state(run), totalRunCount: run }]]), lease);
        }
        expect(datasync).toHaveBeenCalledTimes(syncs);
      } finally {
        datasync.mockRestore();
      }
    },
  );

  it("stays short, however often it is written", async () => {
    await using store = await open();
    const lease = await store.acquire("one");
    const many = Array.from({ length: 200 }, (_, index) => `entry-${index}`);
    for (let since = 0; since < 40; since++)
      await store.save(new Map(many.map((name) => [name, state(since)])), lease);
    expect((await readFile(file, "utf8")).length).toBeLessThan(400_000);
    expect((await store.load()).entries.every((one) => one.state?.since === 39)).toBe(true);
  });

  it("loses no change that is made while it is written anew", async () => {
    await using store = await open();
    const lease = await store.acquire("one");
    await using other = await open();
    const many = Array.from({ length: 300 }, (_, index) => `entry-${index}`);
    const saving = (async () => {
      for (let since = 0; since < 30; since++)
        await store.save(new Map(many.map((name) => [name, state(since)])), lease);
    })();
    for (let index = 0; index < 30; index++)
      await other.change({ kind: "enable", name: `changed-${index}`, enabled: true });
    await saving;
    expect((await names(store)).filter((name) => name.startsWith("changed-"))).toHaveLength(30);
  });

  it("tells its beat of changes that another process makes", async () => {
    await using store = await open();
    await store.acquire("one");
    const changed = new Promise<void>((resolve) => {
      const unwatch = store.watch(() => {
        unwatch();
        resolve();
      });
    });
    await using other = await open();
    await other.change({ kind: "enable", name: "a", enabled: false });
    await changed;
    expect(await names(store)).toEqual(["a"]);
  });

  it("has one beat, and takes over from one that is dead", async () => {
    await writeFile(`${file}.lock`, "1\n");
    await using store = await open();
    await expect(store.acquire("one")).rejects.toThrow(BeatLockedError);
    await writeFile(`${file}.lock`, "999999999\n");
    expect(await store.acquire("one")).toMatchObject({ holder: "one" });
  });

  it("takes over from one that has ended, and is not collected by its parent", async () => {
    // A shell that starts a process and becomes another program, which knows nothing of it.
    const parent = spawn("sh", ["-c", "sh -c 'echo $$' & exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [output] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(output.toString().trim());
      await expect.poll(() => readFile(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z/);
      await writeFile(`${file}.lock`, `${pid}\n`);
      await using store = await open();
      expect(await store.acquire("one")).toMatchObject({ holder: "one" });
    } finally {
      parent.kill();
    }
  });

  it.each([
    ["gdbm", Buffer.from("ce9a571300100000", "hex")],
    ["Berkeley DB", Buffer.from("000000000000000000000000611506000900", "hex")],
    ["SQLite", Buffer.from("SQLite format 3\0 and more")],
  ])("leaves a schedule of Python's alone (%s)", async (_name, bytes) => {
    await writeFile(file, bytes);
    await expect(open()).rejects.toThrow(BeatStoreError);
    await expect(open()).rejects.toThrow(/Python's beat and is left alone. Name another file with -s/);
    expect(await readFile(file)).toEqual(bytes);
  });

  it("belongs to one beat of a process, too", async () => {
    await using one = await open();
    await using two = await open();
    await one.acquire("one");
    await expect(two.acquire("two")).rejects.toThrow(/this process keeps this schedule already/);
    await one.acquire("one");
    await one.release();
    await two.acquire("two");
  });

  it.each([
    ["dbm.dumb", { ".dat": "x", ".dir": "'entries', (0, 1)", ".bak": "" }],
    ["Berkeley DB", { ".db": Buffer.from("000000000000000000000000611506000900", "hex") }],
  ])("leaves a schedule of Python's alone that is beside its name (%s)", async (_name, files) => {
    const written = Object.entries(files);
    for (const [suffix, bytes] of written) await writeFile(`${file}${suffix}`, bytes);
    await expect(open()).rejects.toThrow(/\.(dat|db) is the schedule of Python's beat and is left alone/);
    for (const [suffix] of written) await rm(`${file}${suffix}`);
    await using store = await open();
    await store.acquire("one");
    for (const [suffix, bytes] of written) await writeFile(`${file}${suffix}`, bytes);
    // Whoever has a schedule of ours has moved already.
    expect(await names(await open())).toEqual([]);
  });

  it("takes no other file beside its name for Python's", async () => {
    await writeFile(`${file}.db`, "SQLite format 3\0 of an app");
    await writeFile(`${file}.dat`, "x");
    await using store = await open();
    expect(await names(store)).toEqual([]);
  });

  it("puts a damaged file aside and starts anew", async () => {
    await writeFile(file, "\u0000\u0000 what is this");
    await using store = await open();
    expect(await names(store)).toEqual([]);
    await store.acquire("one");
    expect(await readFile(`${file}.corrupt`, "utf8")).toBe("\u0000\u0000 what is this");
    expect(logger.lines).toContainEqual(expect.objectContaining({ level: "error" }));
  });
});
