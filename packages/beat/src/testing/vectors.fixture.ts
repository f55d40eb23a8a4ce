import { readFileSync } from "node:fs";

/** The recorded cases of `test-integration/vectors/<name>.json`. */
export function vectors<TFile>(name: string): TFile {
  const file = new URL(`../../../../test-integration/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")) as TFile;
}

/** Milliseconds of a time as Python writes it; one without an offset is in UTC. */
export function instant(text: string): number {
  return Date.parse(/[+-]\d\d:\d\d(:\d\d)?$/.test(text) ? text : `${text}Z`);
}

/** Equal but for what milliseconds cannot hold: Python counts microseconds. */
export function isSame(seconds: number, expected: number): boolean {
  return Math.abs(seconds - expected) < 0.0021;
}
