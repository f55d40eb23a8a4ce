import type { AsyncResult } from "../results/async-result.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import { bareHeader } from "./compose.ts";
import { Group, type ResultsOf, type TakesOf } from "./group.ts";
import { type ChordLooks, type ChordNode, chordNode, groupNode } from "./node.ts";
import { appOf, Signature } from "./signature.ts";
import type { AnySignature, SignatureOf } from "./signature-of.ts";

/** A group whose results go to one signature; made by {@link chord}. */
export class Chord<
  in TTakes extends readonly unknown[],
  out TResult,
  out THandle = AsyncResult<TResult>,
> extends Signature<TTakes, TResult, THandle> {
  declare readonly node: ChordNode;

  override async applyAsync(args?: TTakes, options?: CallOptions & ChordLooks): Promise<THandle>;
  override async applyAsync(
    args: readonly unknown[] = [],
    { interval, maxRetries, ...options }: CallOptions & ChordLooks = {},
  ): Promise<THandle> {
    const looks = {
      ...(interval !== undefined && { interval }),
      ...(maxRetries !== undefined && { maxRetries }),
    };
    const chord = new Signature({ ...this.node, looks }, { app: this.boundApp });
    return (await chord.applyAsync(args, options)) as THandle;
  }

  /** The members whose results the body waits for. */
  get header(): Group<readonly unknown[], readonly unknown[]> {
    return new Group(this.node.header, { app: this.boundApp });
  }

  /** What gets the results. */
  get body(): Signature {
    return new Signature(this.node.body, { app: this.boundApp });
  }
}

/** What goes in front: a group, or its members. */
type Header = Group<never, readonly unknown[]> | readonly AnySignature[];

type HeaderResults<THeader> =
  THeader extends Group<never, infer TResults>
    ? TResults
    : THeader extends readonly AnySignature[]
      ? ResultsOf<THeader>
      : never;

type HeaderTakes<THeader> = THeader extends readonly AnySignature[]
  ? TakesOf<THeader>
  : THeader extends SignatureOf<infer TTakes extends readonly unknown[], unknown>
    ? TTakes
    : never;

/**
 * A group whose results, in the order of its members, are the first argument of `body`. Sending it gives the result of
 * the body, whose `parent` is the `GroupResult` of the header. An empty header sends the body at once, with `[]`.
 *
 * Needs a result backend that counts the members' ends.
 *
 * @throws {ChordsUnsupportedError} when it is sent, where the backend cannot
 */
// One signature, not one for each kind of header: of several, the compiler reports that the header is not of the last.
export function chord<THeader extends Header | [], TResult, THandle>(
  header: THeader,
  body: SignatureOf<[HeaderResults<NoInfer<THeader>>], TResult, THandle>,
): Chord<HeaderTakes<THeader>, TResult, THandle> {
  const members: readonly AnySignature[] = isList(header) ? header : [header];
  const [only] = members.map(({ node }) => node);
  const isGroup = !isList(header) && only?.kind === "group";
  const node = isGroup ? bareHeader(only) : groupNode(members.map((member) => member.node));
  return new Chord(chordNode(node, body.node), { app: appOf(...members, body) });
}

const isList = (header: Header): header is readonly AnySignature[] => Array.isArray(header);
