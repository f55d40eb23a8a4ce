import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordingLogger } from "@q/kernel/testing";
import { expect, it, onTestFinished } from "vitest";
import { StateFile } from "./state-file.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "q-state-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

it("reads what it has written, and leaves nothing else behind", () => {
  const place = folder();
  const file = new StateFile(join(place, "state"), recordingLogger());
  expect(file.read()).toBeUndefined();
  file.write({ revoked: [["a", 1000]], clock: 7 });
  file.write({ revoked: [["a", 1000], ["b", 2000]], clock: 8 }); // prettier-ignore
  expect(file.read()).toEqual({ revoked: [["a", 1000], ["b", 2000]], clock: 8 }); // prettier-ignore
  expect(readdirSync(place)).toEqual(["state"]);
});

it.each(["", "{", "[]", "null", '{"revoked": 5}'])("begins anew after a file that is none: %j", (content) => {
  const path = join(folder(), "state");
  writeFileSync(path, content);
  const logger = recordingLogger();
  const file = new StateFile(path, logger);
  expect(file.read()).toBeUndefined();
  expect(logger.lines).toHaveLength(1);
  file.write({ revoked: [], clock: 1 });
  expect(file.read()).toEqual({ revoked: [], clock: 1 });
});

it("skips entries that make no sense", () => {
  const path = join(folder(), "state");
  writeFileSync(path, '{"revoked": [["a", 1], ["b"], 5, [6, 7]], "clock": "x"}');
  expect(new StateFile(path, recordingLogger()).read()).toEqual({ revoked: [["a", 1]], clock: 0 });
});

it("tells of a file that cannot be written, and goes on", () => {
  const logger = recordingLogger();
  new StateFile(join(folder(), "missing", "state"), logger).write({ revoked: [], clock: 0 });
  expect(logger.lines).toMatchObject([{ level: "error" }]);
});
