/** Largest magnitude that Python's client writes as a 32-bit integer. */
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Header values as the driver must see them, so that integers travel as Python writes them: 32 or 64 bits. The driver's
 * own choice for 128..32767 is a 16-bit integer, whose letter py-amqp before 5.4 reads as a short string.
 *
 * Returns the object itself when nothing in it needs a type of its own, which is the common case.
 */
export function typedTable(table: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy: Record<string, unknown> | undefined;
  for (const key in table) {
    const value = table[key];
    if (typeof value === "string" || value === null) continue;
    const typed = typedValue(value);
    if (typed === value) continue;
    copy ??= { ...table };
    copy[key] = typed;
  }
  return copy ?? table;
}

function typedValue(value: unknown): unknown {
  if (typeof value === "number") return typedNumber(value);
  if (typeof value === "bigint") return { "!": "long", value };
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value))
    return value.some((item) => typedValue(item) !== item) ? value.map(typedValue) : value;
  // `{"!": type, value}` is how the driver itself shows timestamps and decimals.
  return Object.hasOwn(value, "!") ? value : typedTable(value as Record<string, unknown>);
}

function typedNumber(value: number): unknown {
  if (!Number.isInteger(value) || (value >= 0 && value < 128)) return value;
  if (Math.abs(value) <= MAX_INT32) return { "!": "int", value };
  return { "!": Math.abs(value) < 2 ** 63 ? "long" : "double", value };
}

/** A table as plain data: a key `__proto__` is a key, not the prototype. */
export function plainTable(table: Record<string, unknown> | undefined): Record<string, unknown> {
  if (table === undefined) return {};
  const isPlain = Object.getPrototypeOf(table) === Object.prototype;
  // Own keys only: what came as `__proto__` would answer for keys that the message does not have.
  return isPlain ? table : { ...table };
}
