import type { Fleet } from "./fleet.ts";

/**
 * Runs Python code that builds a workflow, and gives what it returns. `queues` are there, and `on(sig)` sends the i-th
 * task to the i-th of them, in turn.
 */
export function buildInPython<T>(fleet: Fleet, code: string, queues: readonly string[]): Promise<T> {
  const program = `
from celery import chain, chord, group
queues = args
counter = iter(range(10**6))
def on(signature):
    return signature.set(queue=queues[next(counter) % len(queues)])
def ended(id):
    # Celery's client may miss a result that comes while it begins to listen.
    import time
    until = time.time() + 8
    while not app.AsyncResult(id).ready() and time.time() < until:
        time.sleep(0.01)
    return app.AsyncResult(id).result
add, mul, xsum, identity, fail = tasks.add, tasks.mul, tasks.xsum, tasks.identity, tasks.fail
${code}
`;
  return fleet.python.run<T>(program, queues, 40_000);
}
