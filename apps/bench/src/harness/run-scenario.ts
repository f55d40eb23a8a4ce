import type { Services } from "../services/services.ts";
import { contenderFile, measure } from "./measure.ts";
import type { Sample } from "./sample.ts";
import { contenders, type Case, type ContenderName, type Scenario } from "./scenario.ts";

/** All samples of one contender in one case; none and a reason when it could not run. */
export interface Entry {
  readonly case_: Case;
  readonly who: ContenderName;
  readonly samples: Sample[];
  missing?: string;
}

/** How a scenario is to be run. */
export interface RunScenarioOptions {
  readonly services: Services;
  readonly runs: number;
  /** Replaces every contender's own number of tasks. */
  readonly count: number | undefined;
  readonly report: (progress: string) => void;
  /** Ends the scenario after the run under way. */
  readonly signal: AbortSignal;
}

/**
 * Runs all contenders of all cases in turn, round after round, so that a change of the machine's mood
 * hits everybody. A contender that fails is left out of further rounds and listed with the reason.
 */
export async function runScenario(scenario: Scenario, options: RunScenarioOptions): Promise<Entry[]> {
  const entries = scenario.cases.flatMap((case_) => entriesOf(case_, options.services));
  const runs = Math.min(options.runs, scenario.maxRuns ?? options.runs);
  for (let round = 1; round <= runs; round++) {
    for (const entry of entries) {
      if (entry.missing !== undefined || options.signal.aborted) continue;
      const count = options.count ?? entry.case_.counts[entry.who] ?? 0;
      try {
        const sample = await measure(entry.case_, entry.who, { services: options.services, count });
        entry.samples.push(sample);
        const value = scenario.metric.value(sample).toFixed(scenario.metric.digits);
        const name = `${scenario.name} ${round}/${runs} ${entry.case_.label} ${entry.who}`;
        options.report(`${name}: ${value} ${scenario.metric.header}`);
      } catch (error) {
        entry.missing = `failed in round ${round}`;
        options.report(String(error));
      }
    }
  }
  return entries;
}

function entriesOf(case_: Case, services: Services): Entry[] {
  return Object.keys(contenders)
    .filter((who): who is ContenderName => case_.counts[who as ContenderName] !== undefined)
    .map((who) => {
      const entry: Entry = { case_, who, samples: [] };
      if (contenderFile(case_.folder, who, "contender") === undefined)
        entry.missing = "contender not available";
      if (case_.broker === "amqp" && services.rabbit === undefined) entry.missing = "no RabbitMQ";
      return entry;
    });
}
