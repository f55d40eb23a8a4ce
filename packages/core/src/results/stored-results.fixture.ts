import { FakeClock } from "@q/kernel/testing";
import type { ResultMeta } from "@q/backends";
import type { App } from "../app/app.ts";
import { createApp } from "../app/create-app.ts";

let apps = 0;

/** An app whose results are kept in memory, and a way to put some there. */
export function appWithResults(clock: FakeClock = new FakeClock()): {
  app: App;
  store: (taskId: string, meta?: Partial<ResultMeta>) => Promise<void>;
} {
  const name = `stored-${++apps}`;
  const app = createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}`, clock });
  const nothing = { result: null, traceback: null, children: null, dateDone: null };
  const store = async (taskId: string, meta: Partial<ResultMeta> = {}): Promise<void> => {
    await (await app.backend()).store({ ...nothing, taskId, status: "SUCCESS", ...meta });
  };
  return { app, store };
}

export const FAILURE: Partial<ResultMeta> = {
  status: "FAILURE",
  error: { excType: "ValueError", excModule: "builtins", excMessage: ["boom"] },
  traceback: "Traceback",
};
