import type { SignatureJson } from "../protocol/embed.ts";
import { isNode } from "./node.ts";
import { nodeToJson } from "./node-json.ts";
import { embedded, type SignatureLike } from "./signature-of.ts";

/** The travelling forms of one or several signatures; `null` for none, as messages say it. */
export function signatureList(
  signatures: SignatureLike | readonly SignatureLike[] | undefined,
): readonly SignatureJson[] | null {
  if (signatures === undefined) return null;
  const list = (Array.isArray(signatures) ? signatures : [signatures]) as readonly SignatureLike[];
  return list.length === 0 ? null : list.map(signatureJson);
}

/** The travelling form of anything that names a call. */
export function signatureJson(signature: SignatureLike): SignatureJson {
  const data = embedded(signature);
  return isNode(data) ? nodeToJson(data) : data;
}
