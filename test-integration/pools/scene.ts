import { type App, createApp } from "@q/core";
import {
  type ChildProgram,
  type LedgerReport,
  openLedger,
  type RedisServer,
  uniqueName,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

/** A worker on a queue of its own, a client for it, and a ledger of what really ran. */
export interface Scene extends AsyncDisposable {
  readonly client: App;
  readonly worker: ChildProgram;
  /** Another worker of the same queue. */
  start(args?: readonly string[]): Promise<ChildProgram>;
  /** Calls a task and waits for its result. @throws what the task failed with */
  call(name: string, args?: readonly unknown[], options?: Parameters<App["sendTask"]>[2]): Promise<unknown>;
  read(): Promise<LedgerReport>;
}

export interface SceneOptions {
  readonly args?: readonly string[];
  readonly pool?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a `q worker` with the app of this folder. */
export async function scene(redis: RedisServer, options: SceneOptions = {}): Promise<Scene> {
  const { args = ["-c", "2"], pool = "prefork", env = {} } = options;
  const settings = { taskDefaultQueue: uniqueName("pools"), ...options.settings };
  const ledger = await openLedger();
  const client = createApp("client", { broker: redis.url, backend: redis.url, ...settings });
  const start = (more: readonly string[] = args): Promise<ChildProgram> =>
    qWorker({
      app: "pools/app.mjs",
      broker: redis.url,
      settings,
      ledger: ledger.path,
      pool,
      args: more,
      env,
    });
  const dispose = async (): Promise<void> => {
    await client.close();
    await ledger[Symbol.asyncDispose]();
  };
  try {
    const worker = await start();
    return {
      client,
      worker,
      start,
      read: () => ledger.read(),
      async call(name, taskArgs = [], callOptions = {}) {
        const result = await client.sendTask(name, taskArgs, callOptions);
        return result.get({ timeout: 20 });
      },
      async [Symbol.asyncDispose]() {
        await worker[Symbol.asyncDispose]();
        await dispose();
      },
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
