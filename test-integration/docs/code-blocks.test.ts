import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeProcess } from "../harness/node-process.ts";
import { type CodeBlock, codeBlocks, pages, preamble, repository } from "./code-blocks.ts";

/** Below docs/, so that the packages and drivers of the repository are found. */
const parent = `${repository}docs/.snippets/`;
const blocks = pages().flatMap(codeBlocks);
const programs = blocks.filter((block) => block.kind === "program");
let folder = "";

beforeAll(() => {
  mkdirSync(parent, { recursive: true });
  folder = mkdtempSync(parent);
  for (const block of blocks) write(block);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
});

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

const tsconfig = {
  extends: "../../../tsconfig.base.json",
  compilerOptions: { noEmit: true, isolatedDeclarations: false, erasableSyntaxOnly: false },
  include: ["."],
};

function fileOf({ page, line, file }: CodeBlock): string {
  return join(folder, page.replaceAll("/", "-").replace(/\.md$/, ""), file ?? `line-${line}.ts`);
}

function write(block: CodeBlock): void {
  const file = fileOf(block);
  mkdirSync(join(file, ".."), { recursive: true });
  // Fragments are modules of their own: `export {}` also for those that neither import nor export.
  const code = block.kind === "fragment" ? `${preamble(block.page)}${block.code}export {};\n` : block.code;
  writeFileSync(file, code);
}

/** The compiler's complaints about the blocks; those about the packages are the business of `pnpm typecheck`. */
function complaints(): Promise<string> {
  const tsc = `${repository}node_modules/typescript/bin/tsc`;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [tsc, "-p", folder, "--pretty", "false"],
      { cwd: folder },
      (error, stdout, stderr) => {
        if (error && !stdout.includes("error TS"))
          reject(new Error(`the compiler failed: ${stdout}${stderr}`, { cause: error }));
        else
          resolve(
            stdout
              .split("\n")
              .filter((line) => /^(README|docs|packages|apps)\S*\.ts\(/.test(line))
              .join("\n"),
          );
      },
    );
  });
}

describe("the TypeScript of the guides and READMEs", () => {
  it("type-checks", { timeout: 120_000 }, async () => {
    expect(blocks.length).toBeGreaterThan(20);
    expect(await complaints()).toBe("");
  });

  it.concurrent.each(programs.map((block) => ({ block, name: `${block.page}:${block.line}` })))(
    "runs: $name",
    async ({ block }) => {
      // A folder of its own for the database of the embedded broker.
      const cwd = mkdtempSync(join(folder, "run-"));
      await using program = nodeProcess(fileOf(block), [], { cwd, env: { NO_COLOR: "1" } });
      const exit = await program.exited;
      if (exit.code !== 0) throw program.failure("did not end well");
      const printed = `${program.lines.join("\n")}\n`;
      expect(printed).toBe(block.output ?? printed);
    },
  );

  it.each(blocks.filter((block) => block.kind === "copy"))(
    "is that of the example $file, on $page",
    (block) => {
      expect(block.code).toBe(readFileSync(`${repository}docs/examples/${block.file}`, "utf8"));
    },
  );

  it.each(pages().filter((page) => preamble(page) !== ""))("says on %s where its names come from", (page) => {
    const seen = readFileSync(repository + page, "utf8").replace(preamble(page), "");
    const packages = [...preamble(page).matchAll(/from "(@q\/[^"]+)"/g)].map(([, name = ""]) => name);
    // Everybody knows by then where `createApp` is.
    expect(packages.filter((name) => name !== "@q/core" && !seen.includes(name))).toEqual([]);
  });

  it("holds a program in every README", () => {
    const readmes = pages().filter((page) => page.startsWith("packages/"));
    const without = readmes.filter((page) => !programs.some((block) => block.page === page));
    expect(without).toEqual([]);
  });
});
