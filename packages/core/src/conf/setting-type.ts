/** How the values of a setting are read, whatever their source: code, a file, the environment or a command line. */
export interface SettingType<TValue> {
  /** What is expected, for error messages and the reference: `whole number`. */
  readonly name: string;
  /** The value in its normal form, or `undefined` when it is not one of this type. */
  readonly parse: (value: unknown) => TValue | undefined;
}

const TRUE = /^(true|yes|on|1)$/i;
const FALSE = /^(false|no|off|0)$/i;
const NONE = /^(null|none)?$/i;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^\+?inf(inity)?$/i;

/** `true`, `false`, and the usual words for them. */
export const bool: SettingType<boolean> = {
  name: "boolean",
  parse: (value) => {
    if (typeof value === "boolean") return value;
    const text = String(value).trim();
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    return TRUE.test(text) ? true : FALSE.test(text) ? false : undefined;
  },
};

/** Any number but NaN; `inf` is infinite. */
export const number: SettingType<number> = {
  name: "number",
  parse: (value) => {
    if (typeof value === "number") return Number.isNaN(value) ? undefined : value;
    if (typeof value !== "string") return undefined;
    const text = value.trim();
    if (INFINITE.test(text)) return Number.POSITIVE_INFINITY;
    return NUMBER.test(text) ? Number(text) : undefined;
  },
};

export const integer: SettingType<number> = {
  name: "whole number",
  parse: (value) => {
    const read = number.parse(value);
    return Number.isSafeInteger(read) ? read : undefined;
  },
};

/** A whole number, 1 or more. */
export const positive: SettingType<number> = {
  name: "whole number, 1 or more",
  parse: (value) => {
    const read = integer.parse(value);
    return read !== undefined && read >= 1 ? read : undefined;
  },
};

/** A whole number that is not negative. */
export const count: SettingType<number> = {
  name: "whole number, 0 or more",
  parse: (value) => {
    const read = integer.parse(value);
    return read !== undefined && read >= 0 ? read : undefined;
  },
};

export const text: SettingType<string> = {
  name: "text",
  parse: (value) => (typeof value === "string" ? value : undefined),
};

/** One of the given words or numbers; numbers may be written as text. */
export function oneOf<const TValue extends string | number>(
  ...values: readonly TValue[]
): SettingType<TValue> {
  return {
    name: values.map((value) => JSON.stringify(value)).join(" or "),
    parse: (value) =>
      values.find((one) => one === value || (typeof value === "string" && String(one) === value.trim())),
  };
}

/** The type, or `null` for "not set". From text, `none`, `null` and the empty text mean `null` as well. */
export function nullable<TValue>(type: SettingType<TValue>): SettingType<TValue | null> {
  return {
    name: `${type.name}, or null`,
    parse: (value) => {
      if (value === null) return null;
      const read = type.parse(value);
      return read === undefined && typeof value === "string" && NONE.test(value.trim()) ? null : read;
    },
  };
}

/** A list of texts: an array or a `Set`; from one text, the parts between commas or a JSON array. */
export const textList: SettingType<readonly string[]> = {
  name: "list of texts",
  parse: (value) => {
    const list =
      value instanceof Set
        ? [...(value as Set<unknown>)]
        : typeof value === "string"
          ? splitList(value)
          : value;
    if (!Array.isArray(list)) return undefined;
    return list.every((one): one is string => typeof one === "string") ? [...list] : undefined;
  },
};

const MODES: ReadonlyMap<unknown, 1 | 2> = new Map<unknown, 1 | 2>([
  ["transient", 1],
  ["persistent", 2],
]);
/** How long a message lasts: 1 or 2, or their names. */
export const deliveryMode: SettingType<1 | 2> = {
  name: '1, 2, "transient" or "persistent"',
  parse: (value) => MODES.get(value) ?? oneOf(1, 2).parse(value),
};

/** How often tasks may begin. */
export const rateLimit: SettingType<string | number> = {
  name: 'rate such as "10/m", or number per second',
  parse: (value) => {
    const isRate = typeof value === "string" && /^[\d.]+\/[smh]$/.test(value.trim());
    return isRate ? value.trim() : number.parse(value);
  },
};

/** An object with names of its own choice; from text, JSON. */
export const map: SettingType<Readonly<Record<string, unknown>>> = {
  name: "map",
  parse: (value) => {
    const read = fromJson(value);
    // A copy: changes of the original would go unnoticed.
    return isPlainObject(read) ? { ...read } : undefined;
  },
};

/** The first of several types that takes the value. */
export function anyOf<TFirst, TSecond>(
  first: SettingType<TFirst>,
  second: SettingType<TSecond>,
): SettingType<TFirst | TSecond> {
  return {
    name: `${first.name} or ${second.name}`,
    parse: (value) => first.parse(value) ?? second.parse(value),
  };
}

/** Something that only code can give, recognised by `is`. */
export function instance<TValue>(name: string, is: (value: unknown) => value is TValue): SettingType<TValue> {
  return { name, parse: (value) => (is(value) ? value : undefined) };
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm, such as a test runner's, have a prototype that merely looks like ours.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** JSON text of a list or an object, read; everything else as it is. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function splitList(value: string): unknown {
  const read = fromJson(value);
  if (read !== value) return read;
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
