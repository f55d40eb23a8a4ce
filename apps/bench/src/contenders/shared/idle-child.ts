import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Memory of a process that has had nothing to do for a second. Linux only. */
export interface IdleChild extends Readonly<Record<string, number>> {
  /** All that is resident: 35 to 40 MB of it are the program of Node, which its processes share. */
  readonly childRssMb: number;
  /** The same with a page that n processes share counted as an nth. */
  readonly childPssMb: number;
  /** What the process has for itself. */
  readonly childOwnMb: number;
}

export async function idleChild(pid: number | undefined): Promise<IdleChild> {
  await sleep(1000);
  const sums = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(sums)?.[1]) / 1024;
  return {
    childRssMb: megabytes("Rss"),
    childPssMb: megabytes("Pss"),
    childOwnMb: megabytes("Private_Clean") + megabytes("Private_Dirty"),
  };
}
