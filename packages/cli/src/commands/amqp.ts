import { createInterface } from "node:readline";
import { asError } from "@q/kernel";
import { asUri, parseBrokerUrl } from "@q/messaging";
import { BROKER_COMMANDS, BrokerSession, runBrokerCommand } from "../broker/broker-session.ts";
import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Options of `q amqp`. */
export const amqpOptions = {
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The names of its commands. */
export const AMQP_NAMES: readonly string[] = Object.keys(BROKER_COMMANDS);

const width = Math.max(...AMQP_NAMES.map((name) => name.length));

/** The end of its help. */
export const AMQP_COMMANDS: string = [
  "Commands; without one a prompt takes them:",
  ...Object.entries(BROKER_COMMANDS).map(
    ([name, { usage, describe }]) => `  ${name.padEnd(width)}  ${usage}\n  ${" ".repeat(width)}  ${describe}`,
  ),
].join("\n");

/** Runs one command on the broker, or a prompt for many. Works on every transport, as far as the broker can. */
export async function runAmqp(
  args: GlobalArguments & { json?: boolean | undefined; _?: readonly (string | number)[] },
  io: Io,
): Promise<number> {
  const words = (args._ ?? []).slice(1).map(String);
  await using app = await openApp(args, io);
  await using opened = await BrokerSession.open(app);
  const say = (value: unknown): void => io.out(args.json === true ? JSON.stringify(value) : shown(value));
  // What Celery calls the prompt.
  if (words.length > 0 && words[0] !== "repl") {
    say(await runBrokerCommand(opened, words));
    return EXIT.ok;
  }
  const [url] = [app.conf.brokerUrl].flat();
  io.err(
    `-> connected to ${typeof url === "string" ? asUri(parseBrokerUrl(url)) : "the broker"}. help lists the commands.`,
  );
  await prompt(opened, say, io);
  return EXIT.ok;
}

/** A numbered prompt, as in Celery; an error ends the command and not the prompt. */
async function prompt(session: BrokerSession, say: (value: unknown) => void, io: Io): Promise<void> {
  const isTerminal = process.stdin.isTTY === true;
  const names = [...AMQP_NAMES, "help", "exit"];
  const lines = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: isTerminal,
    completer: (line: string) => [names.filter((name) => name.startsWith(line)), line],
  });
  let number = 1;
  const ask = (): void => {
    if (!isTerminal) return;
    lines.setPrompt(`${number++}> `);
    lines.prompt();
  };
  ask();
  for await (const line of lines) {
    const words = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      (word) => word[1] ?? word[2] ?? word[3] ?? "",
    );
    if (words[0] === "exit" || words[0] === "quit") break;
    try {
      if (words[0] === "help") io.out(AMQP_COMMANDS);
      else if (words.length > 0) say(await runBrokerCommand(session, words));
    } catch (thrown) {
      io.err(`ERROR: ${asError(thrown).message}`);
    }
    ask();
  }
  lines.close();
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  const { deleted, queue, messages, consumers } = value as Readonly<Record<string, string | number | null>>;
  if (deleted !== undefined) return `${deleted} messages deleted.`;
  if (queue !== undefined) return `queue:${queue} messages:${messages} consumers:${consumers}`;
  return JSON.stringify(value, undefined, 2);
}
