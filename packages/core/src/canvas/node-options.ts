import { type CallOptions, checkCallOptions } from "../tasks/call-options.ts";
import { type NodeOptions, NO_NODE_OPTIONS } from "./node.ts";
import type { NodeWriter } from "./node-json.ts";
import { embedded, type SignatureLike } from "./signature-of.ts";

/** Options of a call as those of a signature: the signatures among them become data. @throws {TaskArgumentsError} */
export function nodeOptions(options: CallOptions | undefined): NodeOptions {
  if (options === undefined) return NO_NODE_OPTIONS;
  checkCallOptions(options);
  const { kwargs: _, link, linkError, chord, chain, ...rest } = options;
  return {
    ...rest,
    ...(link && { link: embeddedList(link) }),
    ...(linkError && { linkError: embeddedList(linkError) }),
    ...(chord && { chord: embedded(chord) }),
    ...(chain && { chain: embeddedList(chain) }),
  };
}

function embeddedList(signatures: SignatureLike | readonly SignatureLike[]): NodeOptions["link"] & object {
  return (
    Array.isArray(signatures) ? (signatures as readonly SignatureLike[]) : [signatures as SignatureLike]
  ).map(embedded);
}

/** Options of a signature as those of the call that sends it. */
export function callOptions(
  { link, linkError, chord, chain, ...rest }: NodeOptions,
  writer: NodeWriter,
): CallOptions {
  return {
    ...rest,
    ...(link && link.length > 0 && { link: link.map((one) => writer.write(one)) }),
    ...(linkError && linkError.length > 0 && { linkError: linkError.map((one) => writer.write(one)) }),
    ...(chord && { chord: writer.write(chord) }),
    ...(chain && chain.length > 0 && { chain: chain.map((one) => writer.write(one)) }),
  };
}
