import { expect, test } from "vitest";
import { mergeResults } from "./results-file.ts";

const layout = { preamble: "# Results", order: ["a", "b", "c"] };

test("replaces the sections that ran and keeps the others, in the order of the layout", () => {
  const old = "# Old\n\n## c\n\nold c\n\n## a\n\nold a\n";
  const text = mergeResults(old, layout, [
    { name: "b", text: "new b" },
    { name: "a", text: "new a" },
  ]);
  expect(text).toBe("# Results\n\n## a\n\nnew a\n\n## b\n\nnew b\n\n## c\n\nold c\n");
});

test("drops a section whose scenario is gone", () => {
  expect(mergeResults("# Old\n\n## gone\n\ntext\n", layout, [])).toBe("# Results\n");
});
