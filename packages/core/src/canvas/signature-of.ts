import type { CanvasNode, Embedded } from "./node.ts";

/**
 * Anything that can be a part of a workflow, by its types: `TTakes` are the arguments it still waits for, the first ones
 * of its task; `TResult` is the value that comes out; `THandle` what sending it gives.
 *
 * A step fits behind another when it takes that one's result and nothing more: `SignatureOf<[TResult], …>`. An immutable
 * signature takes `readonly unknown[]`, which is anything, and ignores it.
 */
export interface SignatureOf<in TTakes extends readonly unknown[], out TResult, out THandle = unknown> {
  /** Types only. */
  readonly "~types": (given: TTakes) => [TResult, THandle];
  /** The signature as data. */
  readonly node: CanvasNode;
}

/** Any signature, whatever it takes and gives. */
export type AnySignature = SignatureOf<never, unknown>;

/** Anything that names a call not yet sent. */
export type SignatureLike = AnySignature | Embedded;

/** The data of anything that names a call. */
export function embedded(signature: SignatureLike): Embedded {
  const { node } = signature as { readonly node?: unknown };
  const isWrapped = typeof node === "object" && node !== null && "kind" in node;
  return isWrapped ? (node as CanvasNode) : (signature as Embedded);
}
