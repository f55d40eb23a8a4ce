import { isNode } from "../canvas/node.ts";
import { nodeFromJson, NodeWriter } from "../canvas/node-json.ts";
import { callOptions, nodeOptions } from "../canvas/node-options.ts";
import { type Once, withOnce } from "../canvas/once.ts";
import { mergeOptions, prependArgs } from "../canvas/partial.ts";
import { embedded, type SignatureLike } from "../canvas/signature-of.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import type { App } from "./app.ts";

/**
 * Sends a signature of whatever kind, or runs it where the app is eager. What a workflow needs is loaded with the first.
 * `once` marks its messages.
 */
export async function sendSignature(
  app: App,
  signature: SignatureLike,
  call: {
    readonly args: readonly unknown[];
    readonly options: CallOptions;
    readonly once?: Once | undefined;
  },
): Promise<unknown> {
  const given = embedded(signature);
  const node = prependArgs(isNode(given) ? given : nodeFromJson(given), call.args, call.options.kwargs);
  const options = nodeOptions(call.options);
  if (app.conf.taskAlwaysEager && (node.kind !== "task" || app.tasks.find(node.task) !== undefined)) {
    return app.caller.applyCanvas(node, options);
  }
  if (node.kind !== "task") {
    const { sendCanvas } = await import("../canvas/send.ts");
    return sendCanvas(app, node, { ...options, once: call.once });
  }
  const merged = callOptions(mergeOptions(node.options, options), new NodeWriter());
  const headers = call.once && { headers: withOnce(merged.headers, call.once) };
  return app.sendTask(node.task, node.args, { ...merged, kwargs: node.kwargs, ...headers });
}
