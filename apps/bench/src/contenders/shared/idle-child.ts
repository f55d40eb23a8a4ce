import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Resident memory of a process that has had nothing to do for a second. Linux only. */
export async function idleChild(pid: number | undefined): Promise<{ readonly childRssMb: number }> {
  await sleep(1000);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return { childRssMb: Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) / 1024 };
}
