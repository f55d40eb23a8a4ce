import { readFile } from "node:fs/promises";
import { createApp } from "@q/core";

/** No broker is named, so messages and results live in one SQLite file: `./.q/q.db`. */
export const app = createApp("quickstart");

/** How often each word of four letters and more occurs in a text file. */
export const countWords = app.task("quickstart.countWords", async (file: string) => {
  const counts = new Map<string, number>();
  for (const [word] of (await readFile(file, "utf8")).toLowerCase().matchAll(/\p{L}{4,}/gu)) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
});
