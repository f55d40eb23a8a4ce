import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../services/paths.ts";

const resultsPath = join(packageRoot, "RESULTS.md");

/** A scenario's part of RESULTS.md. */
export interface Section {
  readonly name: string;
  /** Markdown without the heading. */
  readonly text: string;
}

/** RESULTS.md: a preamble and its sections in this order; sections of other names are dropped. */
export interface ResultsLayout {
  readonly preamble: string;
  readonly order: readonly string[];
}

/** Writes the sections into RESULTS.md, in place of their older selves, and keeps all others as they were. */
export function writeResults(layout: ResultsLayout, sections: readonly Section[]): void {
  const old = existsSync(resultsPath) ? readFileSync(resultsPath, "utf8") : "";
  writeFileSync(resultsPath, mergeResults(old, layout, sections));
}

/** The text that {@link writeResults} writes. */
export function mergeResults(old: string, layout: ResultsLayout, sections: readonly Section[]): string {
  const merged = new Map<string, string>();
  for (const part of old.split(/^## /m).slice(1)) {
    const [name = "", ...lines] = part.split("\n");
    merged.set(name.trim(), lines.join("\n").trim());
  }
  for (const section of sections) merged.set(section.name, section.text.trim());
  const parts = layout.order
    .filter((name) => merged.has(name))
    .map((name) => `## ${name}\n\n${merged.get(name)}`);
  return [layout.preamble.trim(), ...parts].join("\n\n") + "\n";
}
