import { fork } from "node:child_process";
import { Worker } from "node:worker_threads";
import { readContext, readyAndGo } from "../../harness/contender.ts";
import { BATCH, EXECUTORS, payload } from "./payload.ts";

const { count, settings } = readContext();
const batch = settings.batches === true ? BATCH : 1;
const echo = new URL("raw-echo.js", import.meta.url);
type Send = (message: unknown) => void;

const answers: ((message: unknown) => void)[] = [];
const executors = Array.from({ length: EXECUTORS }, (_, index): Send => {
  const onMessage = (message: unknown): void => answers[index]?.(message);
  if (settings.executors === "threads") {
    const thread = new Worker(echo);
    thread.on("message", onMessage);
    return (message) => thread.postMessage(message);
  }
  const child = fork(echo, { serialization: "advanced" });
  child.on("message", onMessage);
  return (message) => void child.send(message as object);
});

/** One message under way per executor, until so many jobs have been echoed. */
async function run(jobs: number): Promise<void> {
  let left = jobs;
  const loop = (send: Send, index: number): Promise<void> =>
    new Promise((resolve) => {
      const next = (): void => {
        if (left <= 0) return resolve();
        left -= batch;
        send(Array.from({ length: batch }, payload));
      };
      answers[index] = next;
      next();
    });
  await Promise.all(executors.map(loop));
}

await run(settings.payloadBytes === undefined ? 20_000 : 200);
const meter = await readyAndGo();
await run(count);
meter.finish(count);
