import type { LazyCommand } from "./index.ts";

/** The commands below `q beat`. */
export const BEAT_COMMANDS: Readonly<Record<string, LazyCommand>> = {
  list: {
    describe: "print the entries, and when they run",
    load: async () => {
      const { listOptions, runBeatList } = await import("./beat-entries.ts");
      return { options: listOptions, run: runBeatList };
    },
  },
  "add <name>": {
    describe: "add an entry, or replace one",
    load: async () => {
      const { addOptions, runBeatAdd } = await import("./beat-entries.ts");
      return { options: addOptions, run: runBeatAdd };
    },
  },
  "remove <name>": {
    describe: "remove an entry that was added",
    load: async () => ({ options: {}, run: (await import("./beat-entries.ts")).runBeatRemove }),
  },
  "pause <name>": {
    describe: "stop sending an entry",
    load: async () => ({ options: {}, run: (await import("./beat-entries.ts")).runBeatPause }),
  },
  "resume <name>": {
    describe: "go on with an entry",
    load: async () => ({ options: {}, run: (await import("./beat-entries.ts")).runBeatResume }),
  },
  "run <name>": {
    describe: "have the running beat send an entry now",
    load: async () => ({ options: {}, run: (await import("./beat-entries.ts")).runBeatRun }),
  },
  "next <name>": {
    describe: "print when an entry runs next",
    load: async () => {
      const { nextOptions, runBeatNext } = await import("./beat-entries.ts");
      return { options: nextOptions, run: runBeatNext };
    },
  },
};
