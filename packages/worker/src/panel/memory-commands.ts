import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import type { PanelCommands } from "./panel-command.ts";

/** Most samples that are kept. */
const MAX_SAMPLES = 1000;
const samples: string[] = [];

/** Commands about memory. The samples are those of the process, whatever worker was asked. */
export const memoryCommands: PanelCommands = {
  memsample: {
    run: () => {
      const sample = inMegabytes(process.memoryUsage.rss());
      samples.push(sample);
      if (samples.length > MAX_SAMPLES) samples.shift();
      return sample;
    },
  },
  memdump: {
    run: (_worker, { samples: wanted }) => {
      const count = typeof wanted === "number" && wanted > 0 ? Math.trunc(wanted) : 10;
      const lines = spread(samples, count).map((sample) => `- rss (sample): ${sample}.`);
      return [...lines, `- rss (end): ${inMegabytes(process.memoryUsage.rss())}.`, ""].join("\n");
    },
  },
  // Where Python draws a graph of its objects. The folder is for its user only: a heap holds secrets.
  objgraph: {
    run: ({ logger }) => {
      const folder = mkdtempSync(join(tmpdir(), "q-objgraph-"));
      const filename = writeHeapSnapshot(join(folder, `${process.pid}.heapsnapshot`));
      logger.warn({ filename }, "a heap snapshot was written; nothing else was done meanwhile");
      return { filename };
    },
    only: ["num", "max_depth", "type"],
  },
};

const inMegabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(2)}MB`;

/** So many of the samples, evenly spread. */
function spread(all: readonly string[], count: number): readonly string[] {
  if (all.length <= count) return all;
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)] as string);
}
