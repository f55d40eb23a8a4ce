import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  EXCEPTION_STATES,
  PROPAGATE_STATES,
  READY_STATES,
  statePrecedence,
  UNREADY_STATES,
} from "./states.ts";

const file = new URL("../../../../test-integration/vectors/misc.json", import.meta.url);
const { states } = (JSON.parse(readFileSync(file, "utf8")) as { cases: { states: StateVectors } }).cases;

interface StateVectors {
  readonly precedence: Readonly<Record<string, number>>;
  readonly ready: readonly string[];
  readonly unready: readonly string[];
  readonly exception: readonly string[];
  readonly propagate: readonly string[];
}

it("has Celery's sets of states", () => {
  expect([...READY_STATES].toSorted()).toEqual(states.ready);
  expect([...UNREADY_STATES].toSorted()).toEqual(states.unready);
  expect([...EXCEPTION_STATES].toSorted()).toEqual(states.exception);
  expect([...PROPAGATE_STATES].toSorted()).toEqual(states.propagate);
});

it("ranks states as Celery does, custom ones between FAILURE and REVOKED", () => {
  const ranks = Object.keys(states.precedence).map((state) => [state, statePrecedence(state)]);
  expect(Object.fromEntries(ranks)).toEqual(states.precedence);
});
