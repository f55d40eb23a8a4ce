import type { Profiler } from "node:inspector";
import { expect, it } from "vitest";
import { stackOf } from "./sampled-stack.ts";

function node(
  id: number,
  functionName: string,
  parts: Partial<Profiler.ProfileNode> = {},
): Profiler.ProfileNode {
  const callFrame = { functionName, scriptId: "1", url: "file:///tasks.js", lineNumber: 9, columnNumber: 4 };
  return { id, callFrame, ...parts };
}

const nodes = [
  node(1, "(root)", { children: [2, 5] }),
  node(2, "run", { children: [3] }),
  node(3, "", { children: [4] }),
  node(4, "hash", { positionTicks: [{ line: 12, ticks: 1 }, { line: 14, ticks: 7 }] }), // prettier-ignore
  node(5, "(idle)"),
];
const profile = (samples: number[]): Profiler.Profile => ({ nodes, samples, startTime: 0, endTime: 1 });

it("shows the path of most samples, innermost first, with the line that was executed", () => {
  expect(stackOf(profile([2, 2, 4, 5, 5])).split("\n")).toEqual([
    "    at hash (file:///tasks.js:14)",
    "    at file:///tasks.js:10:5",
    "    at run (file:///tasks.js:10:5)",
  ]);
});

it("shows nothing when the program waits", () => {
  expect(stackOf(profile([5, 5, 4]))).toBe("");
  expect(stackOf(profile([]))).toBe("");
});
