import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const reference = readFileSync(join(root, "docs/reference/errors.md"), "utf8");

/** Codes that the packages use: of error classes (`code = "…"`), and of log lines (`code: "…"`). */
function codesInSource(): string[] {
  const files = readdirSync(join(root, "packages")).flatMap((name) => {
    const source = join(root, "packages", name, "src");
    const entries = readdirSync(source, { recursive: true, encoding: "utf8" });
    return entries
      .filter((entry) => /(?<!\.test|\.test-d|\.fixture)\.ts$/.test(entry))
      .map((entry) => join(source, entry));
  });
  const codes = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/\bcode(?: =|:) "(ERR_Q_[A-Z_]+)"/g)].map(
      ([, code = ""]) => code,
    ),
  );
  return [...new Set(codes)].sort();
}

const sections = [...reference.matchAll(/^### `(?<code>ERR_Q_[A-Z_]+)`\n(?<text>.*?)(?=^##|(?![^]))/gms)].map(
  ({ groups }) => ({
    code: groups?.["code"] ?? "",
    text: groups?.["text"] ?? "",
  }),
);

describe("docs/reference/errors.md", () => {
  it("has one section for each code, and none for a code that is gone", () => {
    expect(sections.map(({ code }) => code).sort()).toEqual(codesInSource());
  });

  it("says of each what happened and what to do", () => {
    const incomplete = sections.filter(({ text }) => text.trim().length < 60 || !text.includes("**Do:**"));
    expect(incomplete.map(({ code }) => code)).toEqual([]);
  });
});
