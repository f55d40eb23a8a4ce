import { type App, type AppOptions, type AsyncResult, createApp, RemoteTaskError } from "@q/core";
import { recordingLogger } from "@q/kernel/testing";
import { Worker, type WorkerOptions } from "@q/worker";
import {
  type ChildProgram,
  type PythonAppOptions,
  type PythonClient,
  pythonClient,
  pythonWorker,
  rabbitVhost,
  requires,
  startRedis,
  suiteResource,
} from "../harness/index.ts";
import { InteropError, registerInteropTasks } from "./tasks.ts";

export type Language = "Python" | "Q";

/** Who sends and who runs. */
export interface Direction {
  readonly client: Language;
  readonly worker: Language;
}

/** Both ways across the border of the languages. */
export const directions: readonly Direction[] = [
  { client: "Python", worker: "Q" },
  { client: "Q", worker: "Python" },
];

/** The queue that only the workers of one language consume. */
export const queueOf: Readonly<Record<Language, string>> = { Python: "for-python", Q: "for-q" };

/** The end of a task as its client sees it, in one form for both languages. */
export interface TaskEnd {
  readonly state: string;
  readonly value?: unknown;
  readonly error?: { readonly type: string; readonly args: readonly unknown[] };
  readonly traceback: string | null;
}

/** Where the fleet of a suite meets. */
export interface Site extends AsyncDisposable {
  readonly broker: string;
  readonly backend: string;
}

export interface FleetOptions {
  /** Celery's settings, for both sides. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Use the result backend `rpc://`. */
  readonly rpc?: boolean;
  readonly ledger?: string;
  /** Default all. */
  readonly brokers?: readonly BrokerName[];
}

/** Clients and workers of both languages on one broker; the workers of each have their own queue. */
export class Fleet implements AsyncDisposable {
  readonly site: Site;
  readonly options: FleetOptions;
  readonly python: PythonClient;
  readonly pythonWorker: ChildProgram;
  /** The app of our client. */
  readonly app: App;
  readonly worker: Worker;
  readonly workerLog: ReturnType<typeof recordingLogger>;
  /** Results of calls of our client, by id. */
  readonly results = new Map<string, AsyncResult<unknown>>();

  constructor(parts: {
    site: Site;
    options: FleetOptions;
    python: PythonClient;
    pythonWorker: ChildProgram;
    app: App;
    worker: Worker;
    workerLog: ReturnType<typeof recordingLogger>;
  }) {
    this.site = parts.site;
    this.options = parts.options;
    this.python = parts.python;
    this.pythonWorker = parts.pythonWorker;
    this.app = parts.app;
    this.worker = parts.worker;
    this.workerLog = parts.workerLog;
  }

  /** Calls from the client of one language to the worker of the other. */
  across(direction: Direction): Crossing {
    return new Crossing(this, direction);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.worker.stop("cold"), this.app.close()]);
    await this.worker.app.close();
    const programs = [this.python, this.pythonWorker].map((program) => program[Symbol.asyncDispose]());
    await Promise.allSettled(programs);
    await this.site[Symbol.asyncDispose]();
  }
}

/** Calls in one direction; names of tasks are without `interop.`. */
export class Crossing {
  readonly #fleet: Fleet;
  readonly #direction: Direction;

  constructor(fleet: Fleet, direction: Direction) {
    this.#fleet = fleet;
    this.#direction = direction;
  }

  /** Sends a task, to the queue of the worker's language; `options` are Celery's, in snake case. Returns the id. */
  async send(
    task: string,
    args: readonly unknown[] = [],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { app, python, results } = this.#fleet;
    const all = { queue: queueOf[this.#direction.worker], ...options };
    if (this.#direction.client === "Python") return (await python.send(`interop.${task}`, args, all)).id;
    const result = await app.sendTask(`interop.${task}`, args, camelKeys(all));
    results.set(result.id, result);
    return result.id;
  }

  /** Waits for the end of a task. */
  async result(id: string): Promise<TaskEnd> {
    const { app, python, results } = this.#fleet;
    if (this.#direction.client === "Python") {
      const { error, ...end } = await python.result(id);
      return error === undefined ? end : { ...end, error: { type: error.type, args: error.args } };
    }
    let meta: { status: string; traceback: string | null } | undefined;
    const result = results.get(id) ?? app.AsyncResult(id);
    const onMessage = (message: { status: string; traceback: string | null }): void => void (meta = message);
    const outcome = await result.get({ timeout: 30, propagate: false, onMessage });
    const { status: state = "PENDING", traceback = null } = meta ?? {};
    if (!(outcome instanceof Error)) return { state, value: outcome, traceback };
    return { state, error: describeError(outcome), traceback };
  }

  /** Sends, and waits for the value. */
  async call(
    task: string,
    args: readonly unknown[] = [],
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<unknown> {
    const end = await this.result(await this.send(task, args, options));
    if (end.state !== "SUCCESS") throw new Error(`interop.${task} ended as ${JSON.stringify(end)}`);
    return end.value;
  }
}

function describeError(error: Error): NonNullable<TaskEnd["error"]> {
  if (error instanceof RemoteTaskError) return { type: error.excType, args: error.args };
  const args = "args" in error && Array.isArray(error.args) ? (error.args as unknown[]) : [error.message];
  return { type: error.constructor.name, args };
}

/** An app with the settings of a fleet and our side of the tasks. */
export function interopApp(site: Site, options: FleetOptions = {}, more: AppOptions = {}): App {
  const app = clientApp(site, options, more);
  registerInteropTasks(app, { ledger: options.ledger });
  return app;
}

/** An app that knows no tasks: it sends by name, whatever the arguments. */
export function clientApp(site: Site, options: FleetOptions = {}, more: AppOptions = {}): App {
  return createApp("interop", {
    broker: site.broker,
    backend: options.rpc === true ? "rpc://" : site.backend,
    errors: [InteropError],
    ...options.settings,
    ...more,
  });
}

/** What makes the Python app of a fleet. */
export function pythonApp(site: Site, options: FleetOptions = {}): PythonAppOptions {
  const { settings = {}, ledger, rpc = false } = options;
  return {
    broker: site.broker,
    backend: rpc ? "rpc://" : site.backend,
    settings,
    ...(ledger !== undefined && { ledger }),
  };
}

/** Starts a worker of ours in this process; it takes its app along when it is disposed. */
export async function workerInProcess(app: App, options: WorkerOptions): Promise<Worker & AsyncDisposable> {
  const worker = new Worker(app, { concurrency: 4, ...options });
  await worker.start();
  return worker;
}

const sites = {
  Redis: async (): Promise<Site> => {
    const redis = await startRedis();
    return {
      broker: redis.url,
      backend: redis.url,
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  },
  RabbitMQ: async (): Promise<Site> => {
    const [vhost, redis] = await Promise.all([rabbitVhost(), startRedis()]);
    return {
      broker: vhost.url,
      backend: redis.url,
      async [Symbol.asyncDispose]() {
        await Promise.allSettled([vhost[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
      },
    };
  },
};

export type BrokerName = keyof typeof sites;

/** Makes a suite once for each broker. */
export function onEachBroker(
  title: string,
  define: (openSite: () => Promise<Site>, broker: BrokerName) => void,
  brokers: readonly BrokerName[] = ["Redis", "RabbitMQ"],
): void {
  for (const broker of brokers) {
    const server = broker === "RabbitMQ" ? (["rabbitmq"] as const) : [];
    requires("redis", "python", ...server)(`${title}, on ${broker}`, () => define(sites[broker], broker));
  }
}

/** Makes a suite with a {@link Fleet} once for each broker. */
export function withFleet(
  title: string,
  options: FleetOptions,
  define: (fleet: () => Fleet, broker: BrokerName) => void,
): void {
  const open = (openSite: () => Promise<Site>, broker: BrokerName): void => {
    const fleet = suiteResource(() => openFleet(openSite, options));
    define(fleet, broker);
  };
  onEachBroker(title, open, options.brokers);
}

/** Starts everything at once. */
async function openFleet(openSite: () => Promise<Site>, options: FleetOptions = {}): Promise<Fleet> {
  const site = await openSite();
  const workerLog = recordingLogger();
  const workerApp = interopApp(site, options, { logger: workerLog });
  const python = pythonApp(site, options);
  const [client, program, worker] = await Promise.all([
    pythonClient(python),
    pythonWorker({ ...python, queues: [queueOf.Python] }),
    workerInProcess(workerApp, { queues: [queueOf.Q] }),
  ]);
  return new Fleet({
    site,
    options,
    python: client,
    pythonWorker: program,
    app: clientApp(site, options),
    worker,
    workerLog,
  });
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function camelKeys(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
}
