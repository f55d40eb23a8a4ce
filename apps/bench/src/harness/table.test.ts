import { expect, test } from "vitest";
import type { Entry } from "./run-scenario.ts";
import type { Sample } from "./sample.ts";
import type { Case, Scenario } from "./scenario.ts";
import { renderTable } from "./table.ts";

const direct: Case = { label: "direct", folder: "f", broker: "redis", counts: {} };
const slow: Case = { ...direct, label: "slow", baseline: "direct" };

function scenario(...cases: Case[]): Scenario {
  return {
    name: "s",
    about: "",
    cases,
    metric: {
      header: "tasks/s",
      digits: 0,
      better: "higher",
      value: (sample) => sample.count / sample.seconds,
    },
    columns: [{ header: "CPU ms", digits: 1, value: (sample) => sample.cpuMs }],
  };
}

function samples(...seconds: number[]): Sample[] {
  return seconds.map((value) => ({
    done: true,
    seconds: value,
    cpuMs: 2,
    rssMb: 1,
    count: 1000,
    readyMs: 1,
    redisBytes: 0,
  }));
}

test("shows median, range and the ratios to raw and BullMQ", () => {
  const entries: Entry[] = [
    { case_: direct, who: "raw", samples: samples(0.1, 0.5, 0.2) },
    { case_: direct, who: "bullmq", samples: samples(1, 1, 1) },
  ];
  const lines = renderTable(scenario(direct), entries).split("\n");
  expect(lines[2]).toBe("| raw | 5,000 | 2,000–10,000 | 1.00x | 5.00x | 2.0 | 1000 × 3 |");
  expect(lines[3]).toBe("| bullmq | 1,000 | 1,000–1,000 | 0.20x | 1.00x | 2.0 | 1000 × 3 |");
});

test("compares a case with its baseline case, contender by contender", () => {
  const entries: Entry[] = [
    { case_: direct, who: "raw", samples: samples(1) },
    { case_: slow, who: "raw", samples: samples(4) },
  ];
  const lines = renderTable(scenario(direct, slow), entries).split("\n");
  expect(lines[0]).toContain("vs baseline case");
  expect(lines[3]).toBe("| slow | raw | 250 | 250–250 | 1.00x | – | 0.25x | 2.0 | 1000 × 1 |");
});

test("names the reason where a contender has no numbers", () => {
  const entries: Entry[] = [{ case_: direct, who: "q", samples: [], missing: "contender not available" }];
  expect(renderTable(scenario(direct), entries).split("\n")[2]).toMatch(
    /^\| q \| contender not available \|/,
  );
});

test("says that a contender failed although some rounds succeeded", () => {
  const entries: Entry[] = [{ case_: direct, who: "q", samples: samples(1), missing: "failed in round 2" }];
  expect(renderTable(scenario(direct), entries)).toContain("| q (failed in round 2) | 1,000 |");
});
