import type { App } from "../app/app.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import { Chord } from "./chord.ts";
import { Group } from "./group.ts";
import { nodeFromJson } from "./node-json.ts";
import { Signature } from "./signature.ts";

/**
 * Reads a signature that travelled, of whatever kind.
 *
 * @throws {InvalidTaskError} when it names no task, or a part of it has a wrong type
 */
export function signatureFromJson(json: SignatureJson, app?: App): Signature {
  const node = nodeFromJson(json);
  const parts = { app };
  if (node.kind === "group") return new Group(node, parts) as unknown as Signature;
  if (node.kind === "chord") return new Chord(node, parts);
  return new Signature(node, parts);
}
