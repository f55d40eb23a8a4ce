import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Root of the repository, with a slash at its end. */
export const repository: string = fileURLToPath(new URL("../..", import.meta.url));

/** One TypeScript block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the page on which its code begins, from 1. */
  readonly line: number;
  readonly code: string;
  /**
   * `program` runs as it is (```ts run), `module` is a file that the others of its page import (```ts file=tasks.ts),
   * `copy` is a file of the examples (```ts from=recipes/webhook.ts), and `fragment` is everything else: it must
   * type-check behind the preamble of its page.
   */
  readonly kind: "program" | "module" | "copy" | "fragment";
  /** Name of a module; of a copy, where it comes from below docs/examples. */
  readonly file: string | undefined;
  /** What a program prints, when the page says so in a ```text block behind it. */
  readonly output: string | undefined;
}

/** The pages whose code is tested. */
export function pages(): string[] {
  const packages = readdirSync(`${repository}packages`).map((name) => `packages/${name}/README.md`);
  const guides = readdirSync(`${repository}docs/guides`).map((name) => `docs/guides/${name}`);
  return [
    "README.md",
    "docs/upgrading/from-bullmq.md",
    "docs/upgrading/from-celery.md",
    "apps/beat/README.md",
    "apps/worker/README.md",
    ...guides,
    ...packages,
  ].sort();
}

const FENCE = /^```(?<info>[^\n`]*)\n(?<code>.*?)^```$/gms;

/** The TypeScript blocks of a page, in their order. */
export function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(repository + page, "utf8");
  const fences = [...text.matchAll(FENCE)].map(({ groups, index }) => ({
    info: (groups?.["info"] ?? "").trim().split(/\s+/),
    code: groups?.["code"] ?? "",
    line: text.slice(0, index).split("\n").length + 1,
  }));
  const blocks = fences.map(({ info, code, line }, at): CodeBlock | undefined => {
    if (info[0] !== "ts") return undefined;
    const from = info.find((word) => word.startsWith("from="))?.slice("from=".length);
    const file = info.find((word) => word.startsWith("file="))?.slice("file=".length) ?? from;
    const named = from === undefined ? "module" : "copy";
    const kind = info.includes("run") ? "program" : file === undefined ? "fragment" : named;
    const next = fences[at + 1];
    const output = kind === "program" && next?.info[0] === "text" ? next.code : undefined;
    return { page, line, code, kind, file, output };
  });
  return blocks.filter((block) => block !== undefined);
}

/** What the fragments of a page may take for granted: `<!-- ts … -->`, unseen by readers. */
export function preamble(page: string): string {
  return (
    /^<!-- ts\n(?<code>.*?)^-->$/ms.exec(readFileSync(repository + page, "utf8"))?.groups?.["code"] ?? ""
  );
}
