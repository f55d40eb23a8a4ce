import { maxDepth } from "./depth.ts";
import { EncodeError } from "./errors.ts";

/**
 * What a format makes of values that are more than plain data. It is asked about every number, bigint and object
 * other than arrays; `undefined` means "no special form". What it returns is final: parts of it that are not plain
 * yet go through `copy`.
 */
export type SpecialForm = (
  value: object | bigint | number,
  copy: (inner: unknown) => unknown,
) => { readonly as: unknown } | undefined;

/** Class instances whose properties say nothing of what they are; sending `{}` would lose data without a sound. */
const opaque = [Error, RegExp, DataView, WeakMap, WeakSet, WeakRef] as const;

/**
 * A copy of `value` made of arrays, plain objects and scalars only: typed values in the format's own form, Map as
 * object, Set and number arrays as arrays, objects with `__json__()` or `toJSON()` as what these return.
 * As in JSON, `undefined` properties are left out and elsewhere become `null`.
 *
 * @throws {EncodeError} naming the path for functions, symbols, cycles, too deep nesting and opaque objects
 */
export function toPlainValue(value: unknown, special: SpecialForm, depthLimit: number = maxDepth): unknown {
  return new PlainCopy(special, depthLimit).copy(value);
}

class PlainCopy {
  readonly #special: SpecialForm;
  readonly #depthLimit: number;
  readonly #copyInner = (inner: unknown): unknown => this.copy(inner);
  readonly #path: (string | number)[] = [];
  readonly #ancestors = new Set<object>();

  constructor(special: SpecialForm, depthLimit: number) {
    this.#special = special;
    this.#depthLimit = depthLimit;
  }

  copy(value: unknown): unknown {
    switch (typeof value) {
      case "undefined":
        return null;
      case "string":
      case "boolean":
        return value;
      case "number":
      case "bigint": {
        const form = this.#special(value, this.#copyInner);
        return form === undefined ? value : form.as;
      }
      case "object":
        return value === null ? null : this.#copyNested(value);
      default:
        throw this.#error(`a ${typeof value}`);
    }
  }

  #copyNested(value: object): unknown {
    if (this.#ancestors.has(value)) throw this.#error("an object that contains itself");
    if (this.#ancestors.size >= this.#depthLimit) {
      throw this.#error(`a value nested deeper than ${this.#depthLimit} levels`);
    }
    this.#ancestors.add(value);
    const copy = this.#copyObject(value);
    this.#ancestors.delete(value);
    return copy;
  }

  #copyObject(value: object): unknown {
    if (Array.isArray(value)) return this.#copyItems(value);
    const form = this.#special(value, this.#copyInner);
    if (form !== undefined) return form.as;
    if (value instanceof ArrayBuffer) return this.copy(new Uint8Array(value));
    if (value instanceof Map) return this.#copyEntries(value);
    if (value instanceof Set) return this.#copyItems([...value]);
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return this.#copyItems(value as unknown as ArrayLike<unknown>);
    }
    const replaced = replacement(value);
    if (replaced !== value) return this.copy(replaced);
    if (value instanceof Promise) throw this.#error("a Promise (is an await missing?)");
    const found = opaque.find((type) => value instanceof type);
    if (found !== undefined) throw this.#error(`a ${found.name}`);
    return this.#copyEntries(Object.entries(value));
  }

  #copyItems(items: ArrayLike<unknown>): unknown[] {
    // Not items.map: that would keep holes, which have to become null.
    return Array.from(items, (item, index) => this.#child(index, item));
  }

  #copyEntries(entries: Iterable<readonly [unknown, unknown]>): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const [key, item] of entries) {
      if (typeof key !== "string") throw this.#error(`a Map key of type ${typeof key}; keys must be strings`);
      if (item !== undefined) setOwn(copy, key, this.#child(key, item));
    }
    return copy;
  }

  #child(key: string | number, value: unknown): unknown {
    this.#path.push(key);
    const copy = this.copy(value);
    this.#path.pop();
    return copy;
  }

  #error(what: string): EncodeError {
    const where = this.#path.length === 0 ? "" : ` at ${this.#path.slice(0, 20).join(".")}`;
    return new EncodeError(
      `cannot encode ${what}${where}. Send plain data, or give the value a toJSON() method.`,
    );
  }
}

/** What an object wants to be encoded as: by its own method, or because it is a boxed scalar. */
function replacement(value: object): unknown {
  for (const hook of ["__json__", "toJSON"] as const) {
    const method: unknown = (value as Record<string, unknown>)[hook];
    if (typeof method === "function") return method.call(value);
  }
  const isBoxed = value instanceof Number || value instanceof String || value instanceof Boolean;
  return isBoxed ? value.valueOf() : value;
}

/** Sets a property that no setter sees: a key named `__proto__` is then a property like any other. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
