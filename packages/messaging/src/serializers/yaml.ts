import { isUtf8 } from "node:buffer";
import { asError, loadDriver } from "@q/kernel";
import type * as yaml from "yaml";
import type {
  CreateNodeOptions,
  CST,
  Document,
  DocumentOptions,
  ParseOptions,
  SchemaOptions,
  ToJSOptions,
  ToStringOptions,
} from "yaml";
import { DecodeError, EncodeError } from "./errors.ts";
import { fromLibraryValue } from "./library-value.ts";
import { type SpecialForm, toPlainValue } from "./plain-value.ts";
import type { Serializer } from "./serializer.ts";
import { PlainDate } from "./typed-values.ts";
import { readTags, writeTags } from "./yaml-tags.ts";

type YamlLibrary = Pick<typeof yaml, "Composer" | "Parser" | "stringify">;

/** Far below the depth (some 800) at which the library's recursion reaches the end of the stack. */
const maxYamlDepth = 200;
const reading: ParseOptions & DocumentOptions & SchemaOptions = {
  version: "1.1",
  customTags: readTags,
  intAsBigInt: true,
  uniqueKeys: false,
};
const writing: DocumentOptions & SchemaOptions & CreateNodeOptions & ToStringOptions = {
  version: "1.1",
  customTags: writeTags,
  // Quoted text cannot be mistaken for anything else ("yes", "1:30", "1e5") by any reader.
  defaultStringType: "QUOTE_DOUBLE",
  defaultKeyType: "QUOTE_DOUBLE",
  aliasDuplicateObjects: false,
  lineWidth: 0,
};
const converting: ToJSOptions = { mapAsMap: true, maxAliasCount: 100 };

/** The yaml serializer, from the optional package `yaml`. @throws {MissingDriverError} */
export async function loadYamlSerializer(): Promise<Serializer> {
  return createYamlSerializer(await loadDriver("yaml", "The yaml serializer", () => import("yaml")));
}

/**
 * YAML 1.1 as PyYAML's `safe_load` and `safe_dump` know it. Dates and bytes keep their type; a `PlainTime`,
 * `Decimal` or `Uuid` travels as text. Unknown tags, such as PyYAML's `!!python/object`, are refused.
 */
function createYamlSerializer(library: YamlLibrary): Serializer {
  return {
    name: "yaml",
    contentType: "application/x-yaml",
    contentEncoding: "utf-8",

    encode(value) {
      try {
        const text = library.stringify(toPlainValue(value, special, maxYamlDepth), writing);
        return Buffer.from(text);
      } catch (error) {
        if (error instanceof EncodeError) throw error;
        throw new EncodeError(`the value cannot be encoded as YAML: ${asError(error).message}`, {
          cause: error,
        });
      }
    },

    decode(body) {
      if (!isUtf8(body))
        throw new DecodeError("the body is not valid UTF-8. Check the content encoding of the sender.");
      try {
        return fromLibraryValue(readDocument(library, body.toString())?.toJS(converting) ?? null);
      } catch (error) {
        if (error instanceof DecodeError) throw error;
        throw new DecodeError(`the body is not valid YAML: ${asError(error).message}`, { cause: error });
      }
    },
  };
}

function readDocument(library: YamlLibrary, text: string): Document | undefined {
  const tokens = [...new library.Parser().parse(text)];
  // Before anything recursive sees it: V8 ends the process when a regular expression is compiled at the stack's end.
  for (const token of tokens) refuseDeepNesting(token);
  const [document, second] = [...new library.Composer(reading).compose(tokens)];
  const problem = document?.errors[0] ?? document?.warnings[0];
  if (problem !== undefined) throw problem;
  if (second !== undefined)
    throw new DecodeError("the YAML body holds more than one document. Send exactly one.");
  return document;
}

function refuseDeepNesting(root: CST.Token): void {
  const open: [token: CST.Token, depth: number][] = [[root, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (depth > maxYamlDepth) {
      throw new DecodeError(`the YAML body nests deeper than ${maxYamlDepth} levels. Send flatter data.`);
    }
    if ("value" in token && token.value) open.push([token.value, depth]);
    for (const item of "items" in token ? token.items : []) {
      if (item.key) open.push([item.key, depth + 1]);
      if (item.value) open.push([item.value, depth + 1]);
    }
  }
}

/** Dates and bytes have a form of their own in YAML 1.1; everything else is plain data. */
const special: SpecialForm = (value) =>
  value instanceof Date || value instanceof PlainDate || value instanceof Uint8Array
    ? { as: value }
    : undefined;
