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
  }[];
};

const app = createApp("vectors");

describe("workflows that Celery recorded", () => {
  it.each(cases)("$name has the same JSON when we compose it", ({ recipe, signature }) => {
    expect(build(recipe, app).toJSON()).toEqual(signature);
  });

  it.each(cases)("$name is the same after it has travelled", ({ signature }) => {
    expect(signatureFromJson(signature, app).toJSON()).toEqual(signature);
  });
});
