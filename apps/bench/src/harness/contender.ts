import { once } from "node:events";
import { createInterface } from "node:readline";
import type { ChildLine } from "./child-protocol.ts";
import type { BenchContext } from "./context.ts";

/** The context of this process. */
export function readContext(): BenchContext {
  const text = process.env["Q_BENCH_CONTEXT"];
  if (text === undefined)
    throw new Error("Q_BENCH_CONTEXT is not set. Start contenders through the harness.");
  return JSON.parse(text) as BenchContext;
}

/**
 * Reports ready and waits for the harness to say go.
 * What comes before is set-up; what comes after is measured.
 */
export async function readyAndGo(): Promise<Meter> {
  const input = createInterface({ input: process.stdin });
  const go = once(input, "line");
  writeLine({ ready: true });
  await go;
  return startMeter();
}

/** Reports ready and lets the process live until the harness kills it: for the other side of a round trip. */
export function readyForever(): void {
  writeLine({ ready: true });
}

/** Reports the end of a preparing process that measures nothing. */
export function filled(): never {
  writeLine({ done: true, seconds: 0, cpuMs: 0, rssMb: 0, count: 0 });
  process.exit(0);
}

/** A running measurement. */
export interface Meter {
  /** Writes the result and ends the process at once, so that closing connections costs nobody time. */
  finish(count: number, metrics?: Readonly<Record<string, number>>): never;
}

/** Starts the clocks. */
function startMeter(): Meter {
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  return {
    finish(count, metrics = {}) {
      const seconds = (performance.now() - startMs) / 1000;
      const cpu = process.cpuUsage(cpuBefore);
      const rssMb = process.resourceUsage().maxRSS / 1024;
      writeLine({ done: true, seconds, cpuMs: (cpu.user + cpu.system) / 1000, rssMb, count, metrics });
      process.exit(0);
    },
  };
}

function writeLine(line: ChildLine): void {
  process.stdout.write(JSON.stringify(line) + "\n");
}
