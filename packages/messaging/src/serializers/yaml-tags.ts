import type { CollectionTag, Scalar, ScalarTag, Tags } from "yaml";
import { PlainDate } from "./typed-values.ts";

const dateText = /^\d{4}-\d\d-\d\d$/;

/**
 * What a plain scalar must look like, beyond the library's own rule, so that PyYAML takes it for the same type.
 * YAML 1.1 in theory and PyYAML in practice differ: to PyYAML `y`, `1e5`, `089` and `-.5` are text.
 */
const pythonRules = new Map([
  ["tag:yaml.org,2002:bool", "^(?!.$)"],
  ["tag:yaml.org,2002:int", "^(?![-+]?0[0-9_]*[89:])"],
  ["tag:yaml.org,2002:float", "^(?=.*[.])(?!.*[eE][0-9])(?![-+]?[.]$|[-+][.][0-9]|[.]_)"],
  ["tag:yaml.org,2002:timestamp", "^(?=[0-9]{4}-[0-9]{2}-[0-9]{2}$|.*:)"],
]);

const mergeTag = "tag:yaml.org,2002:merge";

/** The library's tags for YAML 1.1, narrowed to what PyYAML makes of the same text. */
export function readTags(tags: Tags): Tags {
  return tags.map((tag) => (isScalarTag(tag) ? asPython(tag) : tag));
}

/** The tags to write with: text `<<` is text, and floats are what PyYAML takes for floats. */
export function writeTags(tags: Tags): Tags {
  return [writtenFloat, ...readTags(tags).filter((tag) => tag !== "merge" && !isMerge(tag))];
}

function isMerge(tag: Tags[number]): boolean {
  return isScalarTag(tag) && tag.tag === mergeTag;
}

function isScalarTag(tag: Tags[number]): tag is ScalarTag {
  return typeof tag === "object" && (tag as ScalarTag | CollectionTag).collection === undefined;
}

function asPython(tag: ScalarTag): ScalarTag {
  const rule = pythonRules.get(tag.tag);
  if (rule === undefined || tag.test === undefined) return tag;
  const narrowed: ScalarTag = { ...tag, test: new RegExp(`${rule}(?:${tag.test.source})`) };
  return tag.tag === "tag:yaml.org,2002:timestamp" ? withDates(narrowed) : narrowed;
}

/** A date without time is Python's `date`, which is our `PlainDate`. */
function withDates(timestamp: ScalarTag): ScalarTag {
  return {
    ...timestamp,
    identify: (value) => value instanceof Date || value instanceof PlainDate,
    resolve: (text, onError, options) =>
      dateText.test(text) ? PlainDate.parse(text) : timestamp.resolve(text, onError, options),
    stringify: ({ value }: Scalar) => (value instanceof Date ? value.toISOString() : String(value)),
  };
}

/** Only writes: PyYAML takes `1e-9` for text, its floats need a point. */
const writtenFloat: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  identify: (value) => typeof value === "number" && !Number.isSafeInteger(value),
  resolve: Number,
  test: /^(?!)/,
  stringify: ({ value }: Scalar) => writeFloat(Number(value)),
};

function writeFloat(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value < 0 ? "-.inf" : ".inf";
  const [mantissa = "", exponent] = String(value).split("e");
  const point = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return exponent === undefined ? point : `${point}e${exponent}`;
}
