import type { Entry } from "./run-scenario.ts";
import { type ContenderName, contenders, type Scenario } from "./scenario.ts";
import { median } from "./statistics.ts";

/** The results of a scenario as a Markdown table. */
export function renderTable(scenario: Scenario, entries: readonly Entry[]): string {
  const hasBaseline = scenario.cases.some((case_) => case_.baseline !== undefined);
  const hasCases = scenario.cases.length > 1;
  const header = [
    ...(hasCases ? ["case"] : []),
    "contender",
    `${scenario.metric.header} (median)`,
    "min–max",
    ...rivalsOf(scenario).map((rival) => `vs ${contenders[rival]}`),
    ...(hasBaseline ? ["vs baseline case"] : []),
    ...scenario.columns.map((column) => column.header),
    "tasks × runs",
  ];
  const rows = entries.map((entry) => {
    const label = hasCases ? [entry.case_.label] : [];
    const cells =
      entry.samples.length > 0 ? valueCells(scenario, entries, entry) : [entry.missing ?? "not run"];
    const note = entry.samples.length > 0 && entry.missing !== undefined ? ` (${entry.missing})` : "";
    const row = [...label, entry.who + note, ...cells];
    return [...row, ...Array.from({ length: header.length - row.length }, () => "")];
  });
  const lines = [header, header.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function rivalsOf({ rivals = ["raw", "bullmq"] }: Scenario): readonly ContenderName[] {
  return rivals;
}

function valueCells(scenario: Scenario, entries: readonly Entry[], entry: Entry): string[] {
  const { metric } = scenario;
  const values = entry.samples.map((sample) => metric.value(sample));
  const own = median(values);
  const other = (label: string, who: ContenderName): number =>
    median(
      entries
        .filter((candidate) => candidate.case_.label === label && candidate.who === who)
        .flatMap((candidate) => candidate.samples.map((sample) => metric.value(sample))),
    );
  const hasBaseline = scenario.cases.some((case_) => case_.baseline !== undefined);
  const baseline = entry.case_.baseline;
  return [
    number(own, metric.digits),
    `${number(Math.min(...values), metric.digits)}–${number(Math.max(...values), metric.digits)}`,
    ...rivalsOf(scenario).map((rival) => ratio(own / other(entry.case_.label, rival))),
    ...(hasBaseline ? [baseline === undefined ? "" : ratio(own / other(baseline, entry.who))] : []),
    ...scenario.columns.map((column) =>
      number(median(entry.samples.map((sample) => column.value(sample))), column.digits),
    ),
    `${entry.samples[0]?.count} × ${entry.samples.length}`,
  ];
}

function ratio(value: number): string {
  return Number.isFinite(value) ? `${value.toFixed(2)}x` : "–";
}

function number(value: number, digits: number): string {
  if (!Number.isFinite(value)) return "–";
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
