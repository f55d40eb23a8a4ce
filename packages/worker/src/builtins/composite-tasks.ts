import { type App, InvalidTaskError, type SignatureJson, type TaskContext } from "@q/core";
import { isResultTuple, type ResultTuple } from "@q/backends";
import { signaturesIn } from "../workflow/signature-leaves.ts";

/**
 * `celery.accumulate`, and the tasks by which old peers send a group or a chord from a worker.
 *
 * @see celery/app/builtins.py
 */
export function registerCompositeTasks(app: App): void {
  app.task({ name: "celery.accumulate", bind: true, typing: false }, ({ request }: TaskContext) => {
    const { index } = request.kwargs;
    return typeof index === "number" ? request.args[index] : request.args;
  });
  app.task({ name: "celery.chain", typing: false }, () => {
    throw new InvalidTaskError("celery.chain is no task to be run; a chain is sent as its first step");
  });
  app.task({ name: "celery.group", bind: true, typing: false }, (self: TaskContext) => sendGroup(self));
  app.task({ name: "celery.chord", bind: true, typing: false }, (self: TaskContext) => sendChord(self));
}

/** The arguments of a request, by name. */
function namedArguments({ request }: TaskContext, names: readonly string[]): Record<string, unknown> {
  const positional = Object.fromEntries(names.map((name, index) => [name, request.args[index]]));
  return { ...positional, ...request.kwargs };
}

async function sendGroup(self: TaskContext): Promise<ResultTuple | null> {
  const names = ["tasks", "result", "group_id", "partial_args", "add_to_parent"];
  const given = namedArguments(self, names);
  const { result, group_id: groupId, add_to_parent: addToParent = true } = given;
  const args = listIn(given["partial_args"]);
  for (const task of signaturesIn(given["tasks"])) {
    await self.app.send(task, args, {
      addToParent: false,
      ...(typeof groupId === "string" && { groupId }),
    });
  }
  if (!isResultTuple(result)) return null;
  if (addToParent !== false) self.request.children.push(result);
  return result;
}

async function sendChord(self: TaskContext): Promise<ResultTuple> {
  const given = namedArguments(self, ["header", "body", "partial_args"]);
  const [body] = signaturesIn(given["body"]);
  if (body === undefined) throw new InvalidTaskError("celery.chord has no body");
  const { header } = given;
  const chord: SignatureJson = {
    task: "celery.chord",
    args: [],
    kwargs: { kwargs: {}, header, body },
    options: {},
    subtask_type: "chord",
    immutable: false,
  };
  const sent = await self.app.send(chord, listIn(given["partial_args"]));
  return sent.asTuple();
}

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
