/**
 * Counts the words of every text file below a folder: one task per file, run by a worker in a process of its own, and a
 * merge of their results at the end.
 *
 *     npm run demo -- <folder>
 */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { app, countWords } from "./tasks.ts";

const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? join(here, "../.."));
const files = await textFiles(folder).catch(() => []);
if (files.length === 0) {
  console.error(`There are no text files below ${folder}. Name another folder: npm run demo -- <folder>`);
  process.exit(1);
}

const worker = startWorker();
try {
  const startedMs = performance.now();
  const results = await Promise.all(files.map((file) => countWords.delay(file)));
  console.log(`${files.length} tasks sent; each counts the words of one file below ${folder}`);

  let done = 0;
  const counts = await Promise.all(
    results.map(async (result) => {
      const words = await result.get({ timeout: 60 });
      showProgress(++done, files.length);
      return words;
    }),
  );

  const total = new Map<string, number>();
  for (const [word, count] of counts.flatMap((words) => Object.entries(words))) {
    total.set(word, (total.get(word) ?? 0) + count);
  }
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(2);
  console.log(
    `\n${total.size} different words in ${files.length} files, counted in ${seconds} s. The most frequent:`,
  );
  for (const [word, count] of [...total].sort((a, b) => b[1] - a[1]).slice(0, 10)) {
    console.log(`  ${String(count).padStart(6)}  ${word}`);
  }
} finally {
  await app.close();
  worker.kill("SIGTERM");
}

/** `npx q -A tasks.ts worker`, as one would start it in another terminal. */
function startWorker() {
  const q = join(dirname(createRequire(import.meta.url).resolve("@q/cli/package.json")), "bin/q.js");
  const child = spawn(
    process.execPath,
    [q, "-A", join(here, "tasks.ts"), "worker", "--concurrency", "8", "--quiet"],
    {
      stdio: "inherit",
    },
  );
  child.once("exit", (code) => {
    if (code) process.exit(code);
  });
  return child;
}

async function textFiles(below: string): Promise<string[]> {
  const entries = await readdir(below, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(md|txt|ts|js|json|py|html)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("node_modules"));
}

function showProgress(done: number, of: number): void {
  const width = Math.round((done / of) * 30);
  const line = `[${"#".repeat(width).padEnd(30)}] ${done}/${of}`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  else if (done === of) console.log(line);
}
