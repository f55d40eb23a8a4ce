import type { Column, Metric } from "../harness/scenario.ts";

/** Tasks per second. */
export const rate: Metric = {
  header: "tasks/s",
  digits: 0,
  better: "higher",
  value: (sample) => sample.count / sample.seconds,
};

/** User and system time of the measured process. */
export const cpuPer1000: Column = {
  header: "CPU ms per 1000",
  digits: 1,
  value: (sample) => (sample.cpuMs * 1000) / sample.count,
};

/** Peak resident memory of the measured process. */
export const peakRss: Column = { header: "peak RSS MB", digits: 0, value: (sample) => sample.rssMb };

/** A number that the contender reports by name; NaN when it does not. */
export function reported(name: string, header: string, digits: number): Column {
  return { header, digits, value: (sample) => sample.metrics?.[name] ?? NaN };
}

/** From starting the process to ready. */
export const readyMs: Column = { header: "ready ms", digits: 0, value: (sample) => sample.readyMs };

/** What a process costs that has nothing to do. */
export const idleCpu: Column = {
  header: "idle CPU ms/s",
  digits: 2,
  value: (sample) => sample.cpuMs / sample.seconds,
};
