import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** What a job can be asked to do to its executor. */
const acts = {
  echo: ({ value }) => value,
  sleep: async ({ ms }, context) => {
    context.accept();
    await sleep(ms, undefined, { signal: context.signal });
    return "slept";
  },
  block: ({ ms }, context) => {
    context.accept();
    for (const end = Date.now() + ms; Date.now() < end;);
    return "was busy";
  },
  exit: ({ code }) => process.exit(code),
  kill: () => process.kill(process.pid, "SIGKILL"),
  "exhaust memory": () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, () => 1.5));
  },
  "exhaust the stack": overflow,
  "reject behind its back": async () => {
    void Promise.reject(new TypeError("nobody listens"));
    await sleep(5000);
  },
  talk: (_job, _context, host) => {
    process.stdout.write("to stdout\n");
    process.stderr.write("to stderr\n");
    host.log("to the log");
    host.send({ event: Buffer.from("bytes") });
    host.send(() => {});
  },
  "ignore its signal": (_job, context) => {
    context.accept();
    return sleep(5000);
  },
  "write down that it ran": ({ file, line, ms }) => {
    appendFileSync(file, `${line}\n`);
    return sleep(ms);
  },
  /** Ends at once. */
  note: ({ file, line }) => appendFileSync(file, `${line}\n`),
  who: () => process.pid,
  "has collected its garbage": () => left.garbage.deref() === undefined,
};

/** What the start leaves behind. */
const left = { kept: [], garbage: undefined };

function overflow() {
  return overflow() + 1;
}

/** Some 30 MB for 320,000 objects, which are old before they are garbage. */
function makeObjects(count) {
  return Array.from({ length: count }, (_, n) => ({ n, text: `object ${n}` }));
}

export async function createExecutor(data, host) {
  if (data?.failToStart) throw new RangeError("cannot start");
  if (data?.dieAtStart) process.exit(7);
  if (data?.startMs) await sleep(data.startMs);
  if (data?.startGarbage) makeObjects(data.startGarbage);
  left.kept = makeObjects(data?.keep ?? 0);
  // What V8 has begun to collect by itself is done now.
  globalThis.gc?.();
  left.garbage = new WeakRef({});
  if (data?.exitFile) process.on("exit", () => appendFileSync(data.exitFile, "exited\n"));
  return {
    execute: (job, context) => {
      context.accept();
      return acts[job.act](job, context, host);
    },
    stop: () => host.log("stopping"),
  };
}
