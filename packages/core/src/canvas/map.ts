import type { App } from "../app/app.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import { taskNode } from "./node.ts";
import { nodeToJson } from "./node-json.ts";
import { appOf, Signature } from "./signature.ts";
import type { SignatureOf } from "./signature-of.ts";

/** Calls a task with each item, one after the other in one message: the result is the list of their results. */
export function xmap<TItem, TResult>(
  task: SignatureOf<[TItem], TResult>,
  items: Iterable<TItem>,
): Signature<readonly unknown[], TResult[]> {
  return mapping("celery.map", nodeToJson(task.node), { it: [...items], app: appOf(task) });
}

/** {@link xmap} with items that are lists of arguments. */
export function starmap<TArgs extends readonly unknown[], TResult>(
  task: SignatureOf<TArgs, TResult>,
  items: Iterable<TArgs>,
): Signature<readonly unknown[], TResult[]> {
  return mapping("celery.starmap", nodeToJson(task.node), { it: [...items], app: appOf(task) });
}

/** One message that calls a task many times. @internal */
export function mapping<TResult>(
  builtin: "celery.map" | "celery.starmap",
  task: SignatureJson,
  of: { readonly it: readonly unknown[]; readonly app: App | undefined },
): Signature<readonly unknown[], TResult[]> {
  const kwargs = { task, it: of.it };
  return new Signature(taskNode(builtin, { kwargs, immutable: true }), { app: of.app });
}
