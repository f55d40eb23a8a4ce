import { expect, it } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

function split(chunks: readonly (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk as string));
  splitter.end();
  return lines;
}

it("cuts at line ends wherever chunks end, and gives the last line without one", () => {
  expect(split(["a\nb", "c\r\n", "\nlast"])).toEqual(["a", "bc", "", "last"]);
});

it("does not cut characters", () => {
  const bytes = Buffer.from("ü\n");
  expect(split([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual(["ü"]);
});

it("cuts a line that never ends", () => {
  const lines = split(Array.from({ length: 5 }, () => "x".repeat(40_000)));
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join("")).toHaveLength(200_000);
});
