import { InvalidCanvasError } from "../errors.ts";
import type { GroupResult } from "../results/group-result.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import { Group } from "./group.ts";
import { mapping } from "./map.ts";
import { type CanvasNode, groupNode, taskNode } from "./node.ts";
import { nodeToJson } from "./node-json.ts";
import { appOf, Signature } from "./signature.ts";
import type { SignatureOf } from "./signature-of.ts";

/**
 * Lists of arguments cut into parts, each of which is one message; made by {@link chunks}. Sent by itself it is a
 * group of its parts; as a part of another workflow it is one task, `celery.chunks`, that sends that group.
 */
export class Chunks<out TResult> extends Signature<
  readonly unknown[],
  TResult[][],
  GroupResult<TResult[][]>
> {
  /** The parts as a group, each a `starmap`. */
  group(): Group<readonly unknown[], TResult[][]> {
    const { task, it, n } = this.kwargs as { task: SignatureJson; it: readonly unknown[]; n: number };
    const app = this.boundApp;
    const parts: CanvasNode[] = [];
    for (let from = 0; from < it.length; from += n) {
      parts.push(mapping("celery.starmap", task, { it: it.slice(from, from + n), app }).node);
    }
    return new Group(groupNode(parts, this.options), { app });
  }

  override async apply(
    args: readonly unknown[] = [],
    options: CallOptions & { readonly throw?: boolean } = {},
  ): Promise<GroupResult<TResult[][]>> {
    return this.group().apply(args, options);
  }

  override async applyAsync(
    args: readonly unknown[] = [],
    options: CallOptions = {},
  ): Promise<GroupResult<TResult[][]>> {
    return this.group().applyAsync(args, options);
  }
}

/**
 * Cuts lists of arguments into parts of `size`, each of which is one message: for many short calls.
 *
 * @throws {InvalidCanvasError} when `size` is not a whole number above 0
 */
export function chunks<TArgs extends readonly unknown[], TResult>(
  task: SignatureOf<TArgs, TResult>,
  items: Iterable<TArgs>,
  size: number,
): Chunks<TResult> {
  if (!Number.isInteger(size) || size < 1) {
    throw new InvalidCanvasError(`chunks of size ${size} cannot be: give a whole number above 0`);
  }
  const kwargs = { task: nodeToJson(task.node), it: [...items], n: size };
  return new Chunks(taskNode("celery.chunks", { kwargs, immutable: true }), { app: appOf(task) });
}
