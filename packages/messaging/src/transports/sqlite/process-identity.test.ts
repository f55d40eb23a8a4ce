import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { livenessOf, ownIdentity } from "./process-identity.ts";

describe.skipIf(!existsSync("/proc/self/stat"))(
  "livenessOf, where the system tells when a process started",
  () => {
    it("sees that this process lives", () =>
      expect(livenessOf({ ...ownIdentity(), thread: 0 })).toBe("alive"));

    it("takes a process that reuses a pid for another one", () =>
      expect(livenessOf({ ...ownIdentity(), thread: 0, started: "1" })).toBe("dead"));

    it("sees that a process has ended", async () => {
      const child = spawn(process.execPath, ["-e", ""]);
      await once(child, "exit");
      expect(livenessOf({ ...ownIdentity(), thread: 0, pid: child.pid as number })).toBe("dead");
    });

    it("cannot see worker threads and other machines", () => {
      expect(livenessOf({ ...ownIdentity(), thread: 7 })).toBe("unknown");
      expect(livenessOf({ ...ownIdentity(), machine: "elsewhere" })).toBe("unknown");
    });
  },
);
