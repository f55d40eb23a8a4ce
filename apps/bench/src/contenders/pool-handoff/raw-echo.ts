import { parentPort } from "node:worker_threads";

// One small answer per job, as a pool gets.
const answer = (jobs: readonly unknown[]): readonly null[] => jobs.map(() => null);

if (parentPort) {
  const port = parentPort;
  port.on("message", (jobs: readonly unknown[]) => port.postMessage(answer(jobs)));
} else process.on("message", (jobs: readonly unknown[]) => void process.send?.(answer(jobs)));
