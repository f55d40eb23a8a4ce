import type { GroupResult } from "../results/group-result.ts";
import { listed } from "./chain.ts";
import { type GroupNode, groupNode } from "./node.ts";
import { setOptions } from "./partial.ts";
import { appOf, Signature } from "./signature.ts";
import type { AnySignature, SignatureOf } from "./signature-of.ts";

/** The values that signatures give: a tuple for a tuple, an array for an array. Groups inside are part of the whole. */
export type ResultsOf<TMembers extends readonly AnySignature[]> = number extends TMembers["length"]
  ? OwnResults<TMembers[number]>[number][]
  : FlatResults<TMembers>;

type FlatResults<TMembers extends readonly unknown[]> = TMembers extends readonly [
  infer TFirst,
  ...infer TRest,
]
  ? [...OwnResults<TFirst>, ...FlatResults<TRest>]
  : [];

type OwnResults<TMember> =
  TMember extends Group<never, infer TResults>
    ? TResults
    : TMember extends SignatureOf<never, infer TResult>
      ? [TResult]
      : never;

/** The arguments that every one of the signatures takes. */
export type TakesOf<TMembers extends readonly AnySignature[]> =
  TMembers[number] extends SignatureOf<infer TTakes extends readonly unknown[], unknown> ? TTakes : never;

/** When each member of a group starts, in seconds. */
export interface Skew {
  /** Countdown of the first member. Default 1. */
  readonly start?: number;
  /** Countdown from which on it grows no more. Default: none. */
  readonly stop?: number;
  /** Difference from one member to the next. Default 1. */
  readonly step?: number;
}

/** Members that run side by side; made by {@link group}. */
export class Group<
  in TTakes extends readonly unknown[],
  out TResults extends readonly unknown[],
> extends Signature<TTakes, TResults, GroupResult<TResults>> {
  declare readonly node: GroupNode;

  /** Number of members. */
  get length(): number {
    return this.node.tasks.length;
  }

  /** The same group, its members starting one after the other instead of all at once. */
  skew(skew: Skew = {}): this {
    const { start = 1, stop = Infinity, step = 1 } = skew;
    const tasks = this.node.tasks.map((task, index) =>
      setOptions(task, { countdown: Math.min(start + index * step, stop) }),
    );
    return new Group({ ...this.node, tasks }, { app: this.boundApp }) as unknown as this;
  }
}

/**
 * Members that run side by side. Sending it gives a `GroupResult` with their results in this order; arguments go to
 * every member. Whatever follows a group gets all results at once, as a chord's body does.
 */
export function group<TMembers extends readonly AnySignature[]>(
  ...members: TMembers
): Group<TakesOf<TMembers>, ResultsOf<TMembers>>;
export function group<TMembers extends readonly AnySignature[]>(
  members: readonly [...TMembers],
): Group<TakesOf<TMembers>, ResultsOf<TMembers>>;
export function group<TMember extends AnySignature>(
  members: Iterable<TMember>,
): Group<TakesOf<TMember[]>, ResultsOf<TMember[]>>;
export function group(...given: readonly (AnySignature | Iterable<AnySignature>)[]): unknown {
  const members = listed(given);
  const nodes = members.map(({ node }) => node);
  const [only] = given;
  // A group of a group, given as such and not in a list, is that group.
  const same = given.length === 1 && only instanceof Group ? (only.node as GroupNode) : undefined;
  return new Group(same ?? groupNode(nodes), { app: appOf(...members) });
}
