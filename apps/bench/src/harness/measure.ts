import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../services/paths.ts";
import { startDelayProxy, type DelayProxy } from "../services/delay-proxy.ts";
import type { Services } from "../services/services.ts";
import { startChild, type Child } from "./child.ts";
import type { BenchContext } from "./context.ts";
import { bounded } from "./bounded.ts";
import { fillRabbit, fillRedis, requireMemoryFor } from "./fill.ts";
import type { Sample } from "./sample.ts";
import type { Case, ContenderName } from "./scenario.ts";

/** A contender's processes: the measured one, its counterpart, and one that prepares the data. */
export type Role = "contender" | "worker" | "fill";

/** The file of a contender's process, or undefined when the contender has none. */
export function contenderFile(folder: string, who: ContenderName, role: Role): string | undefined {
  const files = [
    join(packageRoot, "dist/contenders", folder, `${who}.${role}.js`),
    join(packageRoot, "src/contenders", folder, `${who}.${role}.py`),
  ];
  return files.find((file) => existsSync(file));
}

/** Above the bounds of all steps together: only a step without one of its own can reach it. */
const runLimitMs = 900_000;

/**
 * Runs one contender once, on an empty broker.
 * @throws {Error} when a step fails or takes longer than its bound; nothing of the run is left then either.
 */
export async function measure(case_: Case, who: ContenderName, options: MeasureOptions): Promise<Sample> {
  return bounded(`${case_.label} of ${who}`, runLimitMs, measureUnbounded(case_, who, options));
}

async function measureUnbounded(
  case_: Case,
  who: ContenderName,
  { services, count }: MeasureOptions,
): Promise<Sample> {
  const directory = mkdtempSync(join(tmpdir(), "q-bench-"));
  const queue = `q-bench-${randomBytes(6).toString("hex")}`;
  const context: BenchContext = {
    count,
    queue,
    redisUrl: `redis://127.0.0.1:${services.redis.port}/0`,
    amqpUrl: services.rabbit?.url ?? "",
    sqlitePath: join(directory, "bench.sqlite"),
    settings: case_.settings ?? {},
  };
  if (case_.broker === "redis") await services.redis.flush();
  if (case_.broker === "amqp") await services.rabbit?.declare(queue);
  let proxied: Proxied | undefined;
  try {
    await fill(case_, who, { services, context });
    proxied = await throughProxy(case_, context);
    return await runProcesses(case_, who, { services, context: proxied.context });
  } finally {
    await proxied?.proxy?.[Symbol.asyncDispose]();
    if (case_.broker === "amqp") await services.rabbit?.remove(queue);
    if (case_.broker === "redis") await services.redis.flush();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a single run needs. */
export interface MeasureOptions {
  readonly services: Services;
  readonly count: number;
}

interface RunOptions {
  readonly services: Services;
  readonly context: BenchContext;
}

async function fill(case_: Case, who: ContenderName, { services, context }: RunOptions): Promise<void> {
  if (case_.backlog === undefined) return;
  const count = case_.backlog === "count" ? context.count : case_.backlog;
  if (case_.broker === "redis") requireMemoryFor(count);
  const file = contenderFile(case_.folder, who, "fill");
  if (file !== undefined) {
    const child = startChild(file, { ...context, count });
    await child.done().finally(() => child.kill());
    return;
  }
  const messages = { count, ignoreResult: case_.settings?.storeResults !== true };
  if (case_.broker === "redis") await fillRedis(services.redis, context.queue, messages);
  if (case_.broker === "amqp" && services.rabbit !== undefined) {
    await fillRabbit(services.rabbit, context.queue, messages);
  }
}

interface Proxied {
  readonly context: BenchContext;
  readonly proxy: DelayProxy | undefined;
}

async function throughProxy(case_: Case, context: BenchContext): Promise<Proxied> {
  if (case_.delayMs === undefined) return { context, proxy: undefined };
  const key = case_.broker === "redis" ? "redisUrl" : "amqpUrl";
  const url = new URL(context[key]);
  const proxy = await startDelayProxy(Number(url.port || 5672), case_.delayMs);
  url.port = `${proxy.port}`;
  return { context: { ...context, [key]: url.href }, proxy };
}

async function runProcesses(
  case_: Case,
  who: ContenderName,
  { services, context }: RunOptions,
): Promise<Sample> {
  const file = contenderFile(case_.folder, who, "contender");
  if (file === undefined) throw new Error(`contenders/${case_.folder} has no file for ${who}.`);
  const children: Child[] = [];
  try {
    const workerFile = contenderFile(case_.folder, who, "worker");
    if (workerFile !== undefined) {
      const worker = startChild(workerFile, context);
      children.push(worker);
      await worker.ready();
    }
    const startMs = performance.now();
    const child = startChild(file, context);
    children.push(child);
    await child.ready();
    const readyMs = performance.now() - startMs;
    const memoryBefore = await services.redis.usedMemory();
    child.go();
    const done = await child.done();
    const redisBytes = (await services.redis.usedMemory()) - memoryBefore;
    return { ...done, readyMs, redisBytes };
  } finally {
    for (const child of children) child.kill();
  }
}
