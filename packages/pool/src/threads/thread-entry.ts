import { getHeapStatistics } from "node:v8";
import { threadId } from "node:worker_threads";
import { ExecutorLoop } from "../executor/executor-loop.ts";
import { SharedArray } from "../journal/shared-array.ts";
import { LineSplitter } from "../processes/line-splitter.ts";
import { postFrame, receivedFrame } from "./port-frames.ts";
import { EXIT, type MessageToThread, type ThreadTask } from "./thread-task.ts";

/**
 * The program of a thread, as a task of piscina that never returns: a thread is used for one executor, and ends with
 * it. What runs jobs here is the same loop as in a child process.
 */
export function runExecutor({ port, memory, pipesOutput }: ThreadTask): Promise<never> {
  const loop = new ExecutorLoop(
    { write: (frame) => postFrame(port, frame), isCongested: false, drained: async () => {} },
    {
      pid: process.pid,
      threadId,
      memory: new SharedArray(memory),
      memoryBytes: () => getHeapStatistics().used_heap_size,
      exit: (code) => process.exit(code),
    },
  );
  if (pipesOutput) for (const stream of ["stdout", "stderr"] as const) redirect(stream, loop);
  port.postMessage(threadId);
  port.on("message", (message: MessageToThread) => {
    if (message === EXIT) process.exit(1);
    loop.onFrame(receivedFrame(message));
  });
  process.on("uncaughtException", (error) => loop.fatal(error));
  process.on("exit", () => loop.flush());
  return new Promise(() => {});
}

function redirect(stream: "stdout" | "stderr", loop: ExecutorLoop): void {
  const splitter = new LineSplitter((line) => loop.output(line, stream));
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    splitter.push(Buffer.from(chunk as string));
    const done = rest.at(-1);
    if (typeof done === "function") (done as () => void)();
    return true;
  };
  process[stream].write = write;
}
