import type { Worker } from "../worker.ts";

/**
 * What a worker is doing, as text for its log: the tasks that run, and what each process or thread executes at this
 * moment, also when it does not answer.
 *
 * @see celery/utils/debug.py, cry
 */
export async function stackReport(worker: Worker): Promise<string> {
  // First, for it takes a while: the task whose stack is shown is known to run by then.
  const stacks = (await worker.pool?.dumpStacks?.()) ?? [];
  const running = worker.dispatcher?.running ?? [];
  const nowMs = worker.app.clock.now();
  const tasks = running.map(({ id, request, startedMs = nowMs, pid = process.pid }) => {
    const seconds = ((nowMs - startedMs) / 1000).toFixed(1);
    return `  ${request.task}[${id}] for ${seconds} s in process ${pid}`;
  });
  const executors = stacks.flatMap(({ index, pid, threadId, stack }) => [
    `executor ${index + 1}, process ${pid}${threadId > 0 ? `, thread ${threadId}` : ""}:`,
    stack === "" ? "    waits" : stack,
  ]);
  return [
    `${worker.hostname}, process ${process.pid}: ${running.length} tasks run`,
    ...tasks,
    ...executors,
  ].join("\n");
}
