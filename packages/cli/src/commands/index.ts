import type { Options } from "yargs";
import { daemonGroups, daemonOptions } from "../daemon-options.ts";
import type { Io } from "../io.ts";
import { BEAT_COMMANDS } from "./beat-commands.ts";
import type { RemoteCommandArguments } from "./remote-command.ts";
import { TOOL_COMMANDS, TOOL_GROUPS } from "./tool-commands.ts";

/** A command, loaded when it is asked for: sending a task does not wait for the code of the worker. */
export interface LazyCommand {
  readonly describe: string;
  readonly load: () => Promise<Command>;
  /** Commands below it, by their usage. */
  readonly commands?: Readonly<Record<string, LazyCommand>>;
}

/** What a command takes and does. Returns the exit code. */
export interface Command {
  readonly options: Readonly<Record<string, Options>>;
  /** Titles in the help, each with the options under it; the others come under `Options:`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Usage of a command that takes any number of arguments; it finds them in `_`, behind its own name. */
  readonly usage?: string;
  /** What may be typed behind its name, for completion. */
  readonly words?: (argv: readonly string[], io: Io) => Promise<readonly string[]>;
  /** Further text for the end of its help. */
  readonly epilogue?: (argv: readonly string[], io: Io) => Promise<string>;
  readonly run: (args: never, io: Io) => Promise<number>;
}

/** Commands that are typed behind a common word, such as `q config check`. */
export interface CommandGroup {
  readonly describe: string;
  readonly commands: Readonly<Record<string, LazyCommand>>;
}

/** The commands by their usage, in the order of the help. */
export const COMMANDS: Readonly<Record<string, LazyCommand>> = {
  worker: {
    describe: "run tasks",
    load: async () => {
      const { workerGroups, workerOptions, runWorker } = await import("./worker.ts");
      const options = { ...workerOptions, ...daemonOptions };
      return { options, groups: workerGroups, epilogue: settingsHint, run: runWorker };
    },
  },
  beat: {
    describe: "send periodic tasks",
    load: async () => {
      const { beatCommandOptions, runBeat } = await import("./beat.ts");
      return { options: beatCommandOptions, groups: daemonGroups, epilogue: settingsHint, run: runBeat };
    },
    commands: BEAT_COMMANDS,
  },
  "call <name>": {
    describe: "send a task",
    load: async () => {
      const { callOptions, runCall } = await import("./call.ts");
      return { options: callOptions, run: runCall };
    },
  },
  "result <id>": {
    describe: "print the result of a task",
    load: async () => {
      const { resultOptions, runResult } = await import("./result.ts");
      return { options: resultOptions, run: runResult };
    },
  },
  status: {
    describe: "list the workers that are online",
    load: async () => {
      const { runStatus } = await import("./status.ts");
      const { remoteOptions } = await import("./remote-options.ts");
      return { options: remoteOptions, run: runStatus };
    },
  },
  inspect: remote("inspect", "ask workers about themselves"),
  control: remote("control", "have workers do something"),
  events: {
    describe: "show what happens in the fleet",
    load: async () => {
      const { eventsOptions, runEvents } = await import("./events.ts");
      return { options: { ...eventsOptions, ...daemonOptions }, groups: daemonGroups, run: runEvents };
    },
  },
  "multi <command>": {
    describe: "start and stop several workers on this machine",
    load: async () => {
      const { MULTI_COMMANDS, MULTI_USAGE } = await import("./multi.ts");
      // Its arguments have a syntax of their own: main hands them over unread. This is for the help.
      return { options: {}, usage: MULTI_USAGE, words: async () => MULTI_COMMANDS, run: async () => 0 };
    },
  },
  purge: {
    describe: "remove waiting messages",
    load: async () => {
      const { purgeOptions, runPurge } = await import("./purge.ts");
      return { options: purgeOptions, run: runPurge };
    },
  },
  report: {
    describe: "print what a bug report needs",
    load: async () => {
      const { reportOptions, runReport } = await import("./report.ts");
      return { options: reportOptions, run: runReport };
    },
  },
  shell: {
    describe: "prompt with the app and its tasks",
    load: async () => {
      const { shellOptions, runShell } = await import("./shell.ts");
      return { options: shellOptions, run: runShell };
    },
  },
  ...TOOL_COMMANDS,
};

/** The groups of commands by their word. */
export const GROUPS: Readonly<Record<string, CommandGroup>> = {
  config: {
    describe: "work with the configuration",
    commands: {
      check: {
        describe: "read the configuration and report what is wrong",
        load: async () => ({ options: {}, run: (await import("./config-check.ts")).runConfigCheck }),
      },
    },
  },
  ...TOOL_GROUPS,
};

async function settingsHint(): Promise<string> {
  return "Settings may follow behind --, as in: -- worker_prefetch_multiplier=1 task_acks_late=true";
}

function remote(kind: "inspect" | "control", describe: string): LazyCommand {
  return {
    describe,
    load: async () => {
      const { listOption, runRemoteCommand } = await import("./remote-command.ts");
      const { remoteOptions } = await import("./remote-options.ts");
      const { remoteHelp, remoteNames } = await import("./remote-help.ts");
      return {
        options: { ...remoteOptions, ...listOption },
        usage: `$0 ${kind} [options] <command> [arguments]`,
        words: (argv, io) => remoteNames(kind, argv, io),
        epilogue: (argv, io) => remoteHelp(kind, argv, io),
        run: (args: RemoteCommandArguments, io) => runRemoteCommand(kind, args, io),
      };
    },
  };
}
