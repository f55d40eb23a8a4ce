import type { CommandGroup, LazyCommand } from "./index.ts";

/** Commands for the broker and for what workers leave behind. */
export const TOOL_COMMANDS: Readonly<Record<string, LazyCommand>> = {
  "migrate <source> <destination>": {
    describe: "move or copy waiting messages to another broker",
    load: async () => {
      const { migrateOptions, runMigrate } = await import("./migrate.ts");
      return { options: migrateOptions, run: runMigrate };
    },
  },
  amqp: {
    describe: "run commands on the broker, or a prompt for them",
    load: async () => {
      const { AMQP_COMMANDS, AMQP_NAMES, amqpOptions, runAmqp } = await import("./amqp.ts");
      const epilogue = async (): Promise<string> => AMQP_COMMANDS;
      return {
        options: amqpOptions,
        usage: "$0 amqp [options] [command] [arguments]",
        words: async () => AMQP_NAMES,
        epilogue,
        run: runAmqp,
      };
    },
  },
  flower: {
    describe: "run Flower, Celery's web monitor, where it is installed",
    load: async () => {
      const { flowerOptions, runFlower } = await import("./flower.ts");
      const epilogue = async (): Promise<string> =>
        "Options of Flower follow behind --, as in: q flower -- --port=5566";
      return { options: flowerOptions, epilogue, run: runFlower };
    },
  },
  logtool: {
    describe: "tell from logs what became of the tasks",
    load: async () => {
      const { LOGTOOL_COMMANDS, LOGTOOL_USAGE, logtoolOptions, runLogtool } = await import("./logtool.ts");
      const words = async (): Promise<readonly string[]> => LOGTOOL_COMMANDS;
      return { options: logtoolOptions, usage: LOGTOOL_USAGE, words, run: runLogtool };
    },
  },
  "completion <shell>": {
    describe: "print the completion script of bash, zsh or fish",
    load: async () => {
      const { runCompletion, SHELLS } = await import("./completion.ts");
      return { options: {}, words: async () => SHELLS, run: runCompletion };
    },
  },
};

/** Commands that have commands below them. */
export const TOOL_GROUPS: Readonly<Record<string, CommandGroup>> = {
  list: {
    describe: "list what the app declares on the broker",
    commands: {
      bindings: {
        describe: "queues of the app and how it binds them",
        load: async () => {
          const { listBindingsOptions, runListBindings } = await import("./list-bindings.ts");
          const epilogue = async (): Promise<string> =>
            "Shows what the app declares. What others have bound on a RabbitMQ only its management interface can tell:\n" +
            "rabbitmqctl list_bindings.";
          return { options: listBindingsOptions, epilogue, run: runListBindings };
        },
      },
    },
  },
  graph: {
    describe: "draw workers in Graphviz's language",
    commands: {
      bootsteps: {
        describe: "the parts of a worker and what each needs",
        load: async () => ({
          options: {},
          usage: "$0 graph bootsteps [worker] [consumer]",
          run: (await import("./graph.ts")).runGraphBootsteps,
        }),
      },
      workers: {
        describe: "workers, their executors, broker and backend",
        load: async () => ({
          options: {},
          usage: "$0 graph workers [nodes:a,b] [threads:2,4] [wmax:4] [tmax:3] [generic] [enumerate]",
          run: (await import("./graph.ts")).runGraphWorkers,
        }),
      },
    },
  },
  upgrade: {
    describe: "bring files of older versions up to date",
    commands: {
      "settings <file>": {
        describe: "rewrite the old names of settings",
        load: async () => {
          const { runUpgradeSettings, upgradeSettingsOptions } = await import("./upgrade-settings.ts");
          return { options: upgradeSettingsOptions, run: runUpgradeSettings };
        },
      },
    },
  },
};
