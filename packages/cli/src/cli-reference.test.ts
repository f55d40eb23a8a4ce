import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Io } from "./io.ts";
import { main } from "./main.ts";

const REFERENCE = "../../../docs/reference/cli.md";

const HEAD = `<!-- Written by packages/cli/src/cli-reference.test.ts. Change the commands, then run it with -u. -->

# The command line

What \`q --help\` and the help of each command say. What the options of the worker mean is in the
[guide to workers](../guides/worker.md). Settings may follow \`--\`, as in
\`q -A proj worker -- worker.prefetch_multiplier=4\`; the [reference of settings](settings.md) has their names.

Every option may come from the environment: \`CELERY_WORKER_CONCURRENCY\` is \`--concurrency\` of \`q worker\`,
\`CELERY_WORKDIR\` the global \`--workdir\`. Without \`-A\` the module \`celeryconfig\` of the working directory, where there
is one, configures the command.

A command ends with one of these [exit codes](exit-codes.md).
`;

const COMMANDS: readonly (readonly string[])[] = [
  [],
  ["worker"],
  ["beat"],
  ["beat", "list"],
  ["beat", "add"],
  ["beat", "next"],
  ["multi"],
  ["call"],
  ["result"],
  ["status"],
  ["inspect"],
  ["control"],
  ["events"],
  ["flower"],
  ["purge"],
  ["report"],
  ["shell"],
  ["migrate"],
  ["amqp"],
  ["list", "bindings"],
  ["graph", "bootsteps"],
  ["graph", "workers"],
  ["logtool"],
  ["upgrade", "settings"],
  ["completion"],
  ["config", "check"],
];

async function helpOf(command: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const io: Io = {
    env: {},
    out: (line) => void lines.push(line),
    err: (line) => void lines.push(line),
    ask: async () => "",
    color: false,
  };
  expect(await main([...command, "--help"], io)).toBe(0);
  return lines.join("\n").replaceAll(/ +$/gm, "");
}

// The parser speaks the language of the environment; the reference speaks English.
beforeEach(() => void vi.stubEnv("LC_ALL", "en_US.UTF-8"));
afterEach(() => void vi.unstubAllEnvs());

it("keeps docs/reference/cli.md in step with the commands", async () => {
  const sections: string[] = [];
  for (const command of COMMANDS) {
    const title = ["q", ...command].join(" ");
    sections.push(`## \`${title}\`\n\n\`\`\`text\n${await helpOf(command)}\n\`\`\`\n`);
  }
  await expect([HEAD, ...sections].join("\n")).toMatchFileSnapshot(REFERENCE);
});
