import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingLogger } from "@q/kernel/testing";
import { expect, it, onTestFinished } from "vitest";
import { StateFile, type WorkerState } from "./state-file.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "q-state-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const nothing: WorkerState = { revoked: [], revokedStamps: [], clock: 0 };

it("reads what it has written, and leaves nothing else behind", () => {
  const place = folder();
  const file = new StateFile(join(place, "state"), recordingLogger());
  expect(file.read()).toBeUndefined();
  const state: WorkerState = {
    revoked: [["a", 1000], ["b", 2000]], // prettier-ignore
    revokedStamps: [['["tenant",42]', 3000]],
    clock: 8,
  };
  file.write({ ...state, revoked: [["a", 1000]] });
  file.write(state);
  expect(file.read()).toEqual(state);
  expect(readdirSync(place)).toEqual(["state"]);
});

it.each(["", "{", "[]", "null", '{"revoked": 5}'])("begins anew after a file that is none: %j", (content) => {
  const path = join(folder(), "state");
  writeFileSync(path, content);
  const logger = recordingLogger();
  const file = new StateFile(path, logger);
  expect(file.read()).toBeUndefined();
  expect(logger.lines).toHaveLength(1);
  file.write(nothing);
  expect(file.read()).toEqual(nothing);
});

it("skips entries that make no sense", () => {
  const path = join(folder(), "state");
  writeFileSync(path, '{"revoked": [["a", 1], ["b"], 5, [6, 7]], "revokedStamps": "x", "clock": "x"}');
  expect(new StateFile(path, recordingLogger()).read()).toEqual({ ...nothing, revoked: [["a", 1]] });
});

it("tells of a file that cannot be written, and goes on", () => {
  const logger = recordingLogger();
  new StateFile(join(folder(), "missing", "state"), logger).write(nothing);
  expect(logger.lines).toMatchObject([{ level: "error" }]);
});
