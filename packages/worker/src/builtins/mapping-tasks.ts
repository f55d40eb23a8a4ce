import { type App, InvalidTaskError, type SignatureJson, signatureFromJson } from "@q/core";
import { callDirectly } from "@q/core/internal";
import { isSignature } from "../workflow/signature-leaves.ts";

/** `celery.map`, `celery.starmap` and `celery.chunks`: many calls of one task in one message. */
export function registerMappingTasks(app: App): void {
  const params: [string, string] = ["task", "it"];
  app.task({ name: "celery.map", params, typing: false }, (task: SignatureJson, items: unknown[]) =>
    callEach(
      app,
      task,
      listOf(items, (item) => [item]),
    ),
  );
  app.task({ name: "celery.starmap", params, typing: false }, (task: SignatureJson, items: unknown[]) =>
    callEach(app, task, listOf(items, argumentsOf)),
  );
  app.task(
    { name: "celery.chunks", params: ["task", "it", "n"], typing: false },
    (task: SignatureJson, items: unknown[], size: number) => sendChunks(app, { task, items, size }),
  );
}

async function callEach(app: App, signature: SignatureJson, items: readonly unknown[][]): Promise<unknown[]> {
  const call = signatureFromJson(signature);
  const task = app.tasks.get(call.task);
  const values: unknown[] = [];
  for (const item of items) {
    const args = task.bindArguments([...item, ...call.args], call.kwargs);
    values.push(await callDirectly(app, task, args));
  }
  return values;
}

async function sendChunks(
  app: App,
  { task, items, size }: { task: SignatureJson; items: unknown; size: number },
): Promise<unknown> {
  if (!isSignature(task) || !Array.isArray(items) || !Number.isInteger(size) || size < 1)
    throw new InvalidTaskError("celery.chunks takes a signature, a list and a whole number above 0");
  const tasks: SignatureJson[] = [];
  for (let from = 0; from < items.length; from += size) {
    const kwargs = { task, it: items.slice(from, from + size) };
    const parts = { args: [], options: {}, subtask_type: null, immutable: true };
    tasks.push({ task: "celery.starmap", kwargs, ...parts });
  }
  const parts = { args: [], options: {}, immutable: false };
  const sent = await app.send({ task: "celery.group", kwargs: { tasks }, subtask_type: "group", ...parts });
  return sent.asTuple();
}

function listOf<TItem>(items: unknown, read: (item: unknown) => TItem): TItem[] {
  if (!Array.isArray(items)) throw new InvalidTaskError("the items of a mapping are a list");
  return items.map(read);
}

function argumentsOf(item: unknown): unknown[] {
  if (!Array.isArray(item)) throw new InvalidTaskError("the items of a starmap are lists of arguments");
  return item as unknown[];
}
