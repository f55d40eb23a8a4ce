import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EXIT } from "./errors.ts";
import { PidFile } from "./pidfile.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "q-pidfile-"));
  path = join(folder, "worker.pid");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("a pid file", () => {
  it("holds the process id as long as it is in use", () => {
    const file = new PidFile(path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
    file[Symbol.dispose]();
    expect(existsSync(path)).toBe(false);
  });

  it("is refused while the process of an earlier one lives", () => {
    writeFileSync(path, `${process.ppid}\n`);
    expect(() => new PidFile(path)).toThrow(expect.objectContaining({ exitCode: EXIT.cannotCreate }));
    expect(readFileSync(path, "utf8")).toBe(`${process.ppid}\n`);
  });

  // Above the largest process id of any Linux.
  it.each(["4194999\n", "not a number", "", "-5"])("replaces a stale one that holds %j", (content) => {
    writeFileSync(path, content);
    using _file = new PidFile(path);
    expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  });

  it("leaves the file of another process alone when it ends", () => {
    const file = new PidFile(path);
    writeFileSync(path, "1\n");
    file[Symbol.dispose]();
    expect(readFileSync(path, "utf8")).toBe("1\n");
  });

  it("is a usage error where it cannot be written", () => {
    expect(() => new PidFile(join(folder, "missing", "worker.pid"))).toThrow(/cannot be written/);
  });
});
