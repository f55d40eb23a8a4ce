import fc from "fast-check";
import type { App } from "../app/app.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { group } from "./group.ts";
import type { Signature } from "./signature.ts";

/** A workflow as data, before anything is composed. */
export type Tree =
  | {
      readonly kind: "task";
      readonly name: string;
      readonly args: readonly number[];
      readonly immutable: boolean;
    }
  | { readonly kind: "chain"; readonly steps: readonly Tree[] }
  | { readonly kind: "group"; readonly members: readonly Tree[] }
  | { readonly kind: "chord"; readonly members: readonly Tree[]; readonly body: Tree };

/** Tasks that give back what they were called with: a value tells the way on which it came. */
const TASKS: readonly string[] = ["t.a", "t.b", "t.c"];

export function registerTasks(app: App): void {
  for (const name of TASKS) app.task(name, (...args: readonly unknown[]) => [name, ...args]);
}

/** What must come out: the meaning of a workflow, without composing, ids or messages. */
export function meaning(tree: Tree, given: readonly unknown[] = []): unknown {
  switch (tree.kind) {
    case "task":
      return [tree.name, ...(tree.immutable ? [] : given), ...tree.args];
    case "chain":
      return tree.steps.reduce<readonly unknown[]>((args, step) => [meaning(step, args)], given)[0];
    case "group":
      return results(tree.members, given);
    case "chord":
      return meaning(tree.body, [results(tree.members, given)]);
  }
}

/** Groups inside groups are part of them. */
function results(members: readonly Tree[], given: readonly unknown[]): unknown[] {
  return members.flatMap((member) =>
    member.kind === "group" ? results(member.members, given) : [meaning(member, given)],
  );
}

export type Loose = Signature<readonly unknown[], never>;

/** The workflow of a tree, by the functions that users call. */
export function built(tree: Tree, app: App): Loose {
  const all = (trees: readonly Tree[]): Loose[] => trees.map((one) => built(one, app));
  switch (tree.kind) {
    case "task":
      return app.signature(tree.name, tree.args, { immutable: tree.immutable });
    case "chain":
      return chain(all(tree.steps)) as Loose;
    case "group":
      return group(all(tree.members)) as unknown as Loose;
    case "chord":
      return chord(all(tree.members), built(tree.body, app)) as unknown as Loose;
  }
}

/** How many messages start it. */
export function firstMessages(tree: Tree): number {
  const sum = (trees: readonly Tree[]): number => trees.reduce((total, one) => total + firstMessages(one), 0);
  if (tree.kind === "task") return 1;
  if (tree.kind === "chain") return firstMessages(tree.steps[0] as Tree);
  return sum(tree.members);
}

const task: fc.Arbitrary<Tree> = fc.record({
  kind: fc.constant("task" as const),
  name: fc.constantFrom(...TASKS),
  args: fc.array(fc.nat(9), { maxLength: 2 }),
  immutable: fc.boolean(),
});

/** Any workflow. A group or a chain of one counts as that one, so that they have at least two. */
export const trees: fc.Arbitrary<Tree> = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthIdentifier: "tree" },
    task,
    fc.record({
      kind: fc.constant("chain" as const),
      steps: fc.array(tie("tree"), { minLength: 2, maxLength: 3, depthIdentifier: "tree" }),
    }),
    fc.record({
      kind: fc.constant("group" as const),
      members: fc.array(tie("tree"), { minLength: 2, maxLength: 3, depthIdentifier: "tree" }),
    }),
    fc.record({
      kind: fc.constant("chord" as const),
      members: fc.array(tie("tree"), { minLength: 1, maxLength: 3, depthIdentifier: "tree" }),
      body: tie("tree"),
    }),
  ),
})).tree;
