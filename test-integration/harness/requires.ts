// Not a test but the maker of suites: the rules on the text of a test do not fit.
/* oxlint-disable vitest/no-conditional-tests, vitest/no-disabled-tests, vitest/valid-title, vitest/valid-describe-callback */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, it } from "vitest";
import { rabbitScripts } from "./rabbit-node.ts";
import { postgresPrograms } from "./sql-servers.ts";

/** What a suite may need from the machine. */
export type Requirement = "redis" | "rabbitmq" | "postgres" | "mariadb" | "python" | "tmux" | "graphviz";

const present: Readonly<Record<Requirement, () => boolean>> = {
  redis: () => isProgram(process.env["Q_TEST_REDIS_SERVER"] ?? "redis-server"),
  rabbitmq: () => rabbitScripts() !== undefined,
  postgres: () => postgresPrograms() !== undefined,
  mariadb: () => isProgram("mariadb-install-db"),
  python: () => isProgram("python3"),
  tmux: () => isProgram("tmux"),
  graphviz: () => isProgram("dot"),
};

const remedies: Readonly<Record<Requirement, string>> = {
  redis: "install redis-server, or point Q_TEST_REDIS_SERVER to it",
  rabbitmq: "install rabbitmq-server, or point Q_TEST_RABBITMQ_SCRIPTS to the folder of its scripts",
  postgres: "install postgresql",
  mariadb: "install mariadb-server",
  python: "install python3 (3.9 or newer) with venv",
  tmux: "install tmux",
  graphviz: "install graphviz",
};

/**
 * `describe` for suites that need real services: `requires("redis", "python")("title", () => …)`.
 *
 * When something is missing the suite is skipped with a loud message; with `CI=true` it fails instead.
 */
export function requires(...needs: readonly Requirement[]): (title: string, define: () => void) => void {
  const missing = needs.filter((need) => !present[need]());
  if (missing.length === 0) return (title, define) => void describe(title, define);

  const sentence = `Needs ${missing.join(", ")}: ${missing.map((need) => remedies[need]).join("; ")}.`;
  if (process.env["CI"] === "true") {
    return (title) =>
      describe(title, () => {
        it("has the services it needs", () => {
          throw new Error(sentence);
        });
      });
  }
  return (title, define) => {
    process.stderr.write(`\n!!! SKIPPED: ${title}\n!!! ${sentence}\n\n`);
    describe.skip(title, define);
  };
}

function isProgram(name: string): boolean {
  if (name.includes("/")) return existsSync(name);
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, name)));
}
