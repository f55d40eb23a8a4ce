import { readContext } from "../../harness/contender.ts";

const { payloadBytes } = readContext().settings;
/** The same for all jobs: to fill it costs as much as to copy it. */
const large = payloadBytes === undefined ? undefined : Buffer.alloc(payloadBytes, 32);

/** About as much as a task message: two hundred bytes of body, or many, and a few headers. A new one for each job. */
export const payload = (): object => ({
  headers: { task: "bench.noop", id: "00000000-0000-4000-8000-000000000000", retries: 0, eta: null },
  body: large ?? Buffer.alloc(200, 32),
});

/** Processes or threads. */
export const EXECUTORS = 4;
/** Jobs of one message. */
export const BATCH = 50;
