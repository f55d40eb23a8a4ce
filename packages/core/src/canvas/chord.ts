import type { AsyncResult } from "../results/async-result.ts";
import { bareHeader } from "./compose.ts";
import { Group, type ResultsOf, type TakesOf } from "./group.ts";
import { type ChordNode, chordNode, groupNode } from "./node.ts";
import { appOf, Signature } from "./signature.ts";
import type { AnySignature, SignatureOf } from "./signature-of.ts";

/** A group whose results go to one signature; made by {@link chord}. */
export class Chord<
  in TTakes extends readonly unknown[],
  out TResult,
  out THandle = AsyncResult<TResult>,
> extends Signature<TTakes, TResult, THandle> {
  declare readonly node: ChordNode;

  /** The members whose results the body waits for. */
  get header(): Group<readonly unknown[], readonly unknown[]> {
    return new Group(this.node.header, { app: this.boundApp });
  }

  /** What gets the results. */
  get body(): Signature {
    return new Signature(this.node.body, { app: this.boundApp });
  }
}

/**
 * A group whose results, in the order of its members, are the first argument of `body`. Sending it gives the result of
 * the body, whose `parent` is the `GroupResult` of the header. An empty header sends the body at once, with `[]`.
 *
 * Needs a result backend that counts the members' ends.
 *
 * @throws {ChordsUnsupportedError} when it is sent, where the backend cannot
 */
export function chord<
  TTakes extends readonly unknown[],
  TResults extends readonly unknown[],
  TResult,
  THandle,
>(
  header: Group<TTakes, TResults>,
  body: SignatureOf<[NoInfer<TResults>], TResult, THandle>,
): Chord<TTakes, TResult, THandle>;
export function chord<TMembers extends readonly AnySignature[], TResult, THandle>(
  header: readonly [...TMembers],
  body: SignatureOf<[ResultsOf<NoInfer<TMembers>>], TResult, THandle>,
): Chord<TakesOf<TMembers>, TResult, THandle>;
export function chord(header: AnySignature | readonly AnySignature[], body: AnySignature): unknown {
  const members = (Array.isArray(header) ? header : [header]) as readonly AnySignature[];
  const [only] = members.map(({ node }) => node);
  const isGroup = !Array.isArray(header) && only?.kind === "group";
  const node = isGroup ? bareHeader(only) : groupNode(members.map((member) => member.node));
  return new Chord(chordNode(node, body.node), { app: appOf(...members, body) });
}
