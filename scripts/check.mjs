// `pnpm check`: what CI runs. Every step runs even when an earlier one failed, so that one run shows all there is
// to mend. The last line is alone and the same in every run: `N passed, N failed, N skipped`.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./bootstrap.mjs";
import { checkPackages } from "./check-packages.mjs";
import { ensureServices } from "./services.mjs";

const reports = join(root, ".cache", "check");
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const totals = { passed: 0, failed: 0, skipped: 0 };
const unhappy = [];

await step("format", () => run("pnpm", "exec", "prettier", "--check", "."));
await step("lint", () => run("pnpm", "exec", "oxlint", "--type-aware", "--deny-warnings"));
await step("boundaries", () => run("pnpm", "exec", "turbo", "boundaries"));
await step("build", () => run("pnpm", "exec", "tsc", "-b"));
await step("typecheck", () => run("pnpm", "exec", "turbo", "run", "typecheck", "--output-logs=errors-only"));
await step("unused code", () => run("pnpm", "exec", "knip"));
await step("packages", checkPackages);
await step("unit and type tests", () => tests("unit", "--project", "!integration"));
await step(
  "services",
  async () => (await ensureServices()).missing.length === 0 || process.env.CI !== "true",
);
await step("integration tests", () => tests("integration", "--project", "integration"));

if (unhappy.length > 0) console.log(`\nFailed: ${unhappy.join(", ")}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = unhappy.length > 0 ? 1 : 0;

async function step(name, action) {
  const started = performance.now();
  console.log(`\n--- ${name}`);
  const isHappy = await action();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`--- ${name}: ${isHappy ? "ok" : "FAILED"} (${seconds} s)`);
  if (!isHappy) unhappy.push(name);
}

/** Runs vitest once and adds what its JSON report counts. A run that broke without a failed test counts as one. */
function tests(name, ...selection) {
  const file = join(reports, `${name}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const isHappy = run("pnpm", "exec", "vitest", "run", ...selection, ...reporters);
  const { passed, failed, skipped } = count(file);
  totals.passed += passed;
  totals.failed += isHappy ? failed : Math.max(failed, 1);
  totals.skipped += skipped;
  return isHappy;
}

function count(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
  // A file that could not be loaded is a failed suite without tests.
  const broken = report.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
