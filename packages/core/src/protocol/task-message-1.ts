import type { Embed, SignatureJson } from "./embed.ts";
import { taskHeaders, type OutgoingTask } from "./task-message.ts";

/** What in a body of protocol 1 has a name of its own; the rest is headers of protocol 2. */
type Protocol1Body = Readonly<Record<string, unknown>>;

/**
 * Body of a protocol 1 task message, which keeps everything but custom headers in its body. It has no place for the
 * root, the parent, stamps, and whether the result is wanted.
 *
 * @see celery/app/amqp.py, as_task_v1
 */
export function protocol1Body(task: OutgoingTask, utc: boolean): Protocol1Body {
  const { id, group, group_index, retries, eta, expires, timelimit } = taskHeaders(task);
  const { errbacks, chord } = task.embed;
  return {
    task: task.name,
    id,
    args: task.args,
    kwargs: task.kwargs,
    group,
    group_index,
    retries,
    eta,
    expires,
    utc,
    callbacks: withChain(task.embed),
    errbacks,
    timelimit,
    taskset: group,
    chord,
  };
}

/** There are no chains: each task has the next one as its callback. */
function withChain({ callbacks, chain }: Embed): readonly SignatureJson[] | null {
  let next: SignatureJson | undefined;
  for (const task of chain ?? []) next = next === undefined ? task : linked(task, next);
  return next === undefined ? callbacks : [...(callbacks ?? []), next];
}

function linked(task: SignatureJson, next: SignatureJson): SignatureJson {
  const { link = [] } = task.options;
  return { ...task, options: { ...task.options, link: [...(Array.isArray(link) ? link : [link]), next] } };
}
