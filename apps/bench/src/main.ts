import { parseArgs } from "node:util";
import { killChildren } from "./harness/child.ts";
import { describeLoad, describeMachine } from "./harness/machine.ts";
import { writeResults, type Section } from "./harness/results-file.ts";
import { runScenario } from "./harness/run-scenario.ts";
import type { Scenario } from "./harness/scenario.ts";
import { renderTable } from "./harness/table.ts";
import { scenarios } from "./scenarios/index.ts";
import { ensureCelery } from "./services/python.ts";
import { startServices } from "./services/services.ts";

const usage = `Usage: pnpm --filter @q/bench bench [--only a,b] [--runs 5] [--count N] [--write] [--list]`;

async function main(signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      runs: { type: "string", default: "5" },
      count: { type: "string" },
      write: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (values.list) {
    for (const scenario of scenarios) console.log(`${scenario.name}: ${scenario.about}`);
    return;
  }
  const chosen = choose(values.only);
  const runs = positive("--runs", values.runs);
  const count = values.count === undefined ? undefined : positive("--count", values.count);
  ensureCelery();
  await using services = await startServices();
  const machine = describeMachine(services);
  console.log(machine);
  const sections: Section[] = [];
  for (const scenario of chosen) {
    if (signal.aborted) return;
    const started = `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, load ${describeLoad()}`;
    const entries = await runScenario(scenario, { services, runs, count, report: console.error, signal });
    if (signal.aborted) return;
    const about = `${scenario.about}\nCompared number: ${scenario.metric.header}, ${scenario.metric.better} is better.`;
    const command = `\`${commandFor(scenario, values)}\``;
    const text = `${about}\n\n${renderTable(scenario, entries)}\n\n${started} at start; ${command}`;
    console.log(`\n## ${scenario.name}\n\n${text}`);
    sections.push({ name: scenario.name, text });
    // After each scenario: a long run that is interrupted keeps what it has measured.
    if (values.write) writeResults({ preamble: preamble(machine), order: names }, sections);
  }
}

const names: readonly string[] = scenarios.map((scenario) => scenario.name);

function choose(only: string | undefined): readonly Scenario[] {
  if (only === undefined) return scenarios;
  const wanted = only.split(",");
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new Error(`Unknown scenario ${unknown.join(", ")}. Choose from ${names.join(", ")}.\n${usage}`);
  }
  return scenarios.filter((scenario) => wanted.includes(scenario.name));
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`${option} is "${text}"; give a whole number from 1.\n${usage}`);
  }
  return value;
}

function commandFor(scenario: Scenario, values: { runs: string; count?: string | undefined }): string {
  const count = values.count === undefined ? "" : ` --count ${values.count}`;
  return `pnpm --filter @q/bench bench --only ${scenario.name} --runs ${values.runs}${count} --write`;
}

function preamble(machine: string): string {
  return `# Results

Written by the bench; see README.md for how it measures. Every section names its date, load and command.
All contenders of a section ran in turn in one run. Ratios are of medians. A load near or above the number of cores
means that others used the machine: absolute numbers are then too low and ranges wide. raw in redis-drain has one claim
under way; the raw rows of delay2ms show what four are worth.

${machine}`;
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    // The run under way fails, cleans up behind itself, and is the last one.
    interrupted.abort();
    killChildren();
    process.exitCode = 130;
  });
}

await main(interrupted.signal);
// A step that was given up may still hold a socket or a timer.
process.exit();
