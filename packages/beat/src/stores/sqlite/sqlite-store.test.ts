import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger, systemClock } from "@q/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BeatStoreError } from "../../errors.ts";
import { storeContract } from "../../testing/store-contract.ts";
import { openStore } from "../open-store.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "q-beat-"))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = { logger: silentLogger, clock: systemClock };

describe("schedule in SQLite", () => {
  for (const { title, run } of storeContract) {
    it(`contract: ${title}`, () => run(() => openStore(`sqlite:///${join(folder, "beat.db")}`, context)));
  }

  it("keeps several schedules apart in one file", async () => {
    const url = `sqlite:///${join(folder, "beat.db")}`;
    await using one = await openStore(`${url}?schedule=one`, context);
    await using two = await openStore(`${url}?schedule=two`, context);
    await one.change({ kind: "enable", name: "a", enabled: false });
    expect((await two.load()).entries).toEqual([]);
    expect(await one.acquire("me", 1000)).toBeDefined();
    expect(await two.acquire("you", 1000)).toBeDefined();
  });

  it("says where it cannot be opened", async () => {
    await expect(openStore(`sqlite:///${folder}`, context)).rejects.toThrow(BeatStoreError);
    await expect(openStore("sqlite://", context)).rejects.toThrow(/names no file/);
    await expect(openStore("ftp://host/beat", context)).rejects.toThrow(/no store for "ftp:"/);
  });
});
