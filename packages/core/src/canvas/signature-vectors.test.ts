import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { createApp } from "../app/create-app.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import { build, type Recipe } from "./recipe.fixture.ts";
import { signatureFromJson } from "./signature-from-json.ts";

const file = new URL("../../../../test-integration/vectors/signatures.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly cases: readonly {
    readonly name: string;
    readonly recipe: Recipe;
    readonly signature: SignatureJson;
    readonly repr: string;
  }[];
};

const app = createApp("vectors");

/** Celery forgets what `celery.map` is inside another workflow, and to shorten the names in the body of a chord. */
const READABLE: Readonly<Record<string, string>> = {
  "fixed-19": "%celery.group([t.add(1, 2), add(3, 4)], tasks=[xsum(), xsum()])",
  "fixed-33": "%celery.group([t.add(1, 2), add(3, 4)], tasks=[xsum(), xsum()])",
  "random-040":
    "t.noop([1, 2], r=1) | mul('x', 1.5) | add('x') | ident(1, 'x', None) | [add(*x) for x in [[1, 2], [3, 4]]]",
  "random-051":
    "%celery.group([group([t.ident(True, 'x')])], tasks=[ident([1, 2], [1, 2]), mul([1, 2], '\u00e9')])",
  "random-079":
    "t.mul(None, True, None) | mul(1, True, {'k': 'v'}) | [xsum(x) for x in [[1, 2], [3]]] | mul('x', r=None)",
  "random-101":
    "%(t.ident([[add(*x) for x in [[1, 2], [3, 4]]], xsum(1, {'k': 'v'}, p=1), mul(None)], 'x', {'k': 'v'}, [1, 2]) | mul(2, True))",
  "random-157": "%(t.mul([[xsum(x) for x in [[1, 2], [3]]]], 2, 1.5) | mul(None, '\u00e9', [1, 2]))",
};

describe("workflows that Celery recorded", () => {
  it.each(cases)("$name has the same JSON when we compose it", ({ recipe, signature }) => {
    expect(build(recipe, app).toJSON()).toEqual(signature);
  });

  it.each(cases.filter(({ name }) => !Object.hasOwn(READABLE, name)))("$name reads the same", (recorded) => {
    expect(String(build(recorded.recipe, app))).toBe(recorded.repr);
  });

  it.each(Object.entries(READABLE))("%s reads better", (name, text) => {
    const recipe = cases.find((one) => one.name === name)?.recipe as Recipe;
    expect(String(build(recipe, app))).toBe(text);
  });

  it.each(cases)("$name is the same after it has travelled", ({ signature }) => {
    expect(signatureFromJson(signature, app).toJSON()).toEqual(signature);
  });
});
