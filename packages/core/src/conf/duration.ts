import { isPlainObject, number, type SettingType } from "./setting-type.ts";

/** A span of time in parts, which are added up. */
export interface Duration {
  readonly weeks?: number;
  readonly days?: number;
  readonly hours?: number;
  readonly minutes?: number;
  readonly seconds?: number;
}

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["weeks", 604_800],
  ["days", 86_400],
  ["hours", 3600],
  ["minutes", 60],
  ["seconds", 1],
]);

const ISO_8601 =
  /^P(?:(?<weeks>[\d.]+)W)?(?:(?<days>[\d.]+)D)?(?:T(?:(?<hours>[\d.]+)H)?(?:(?<minutes>[\d.]+)M)?(?:(?<seconds>[\d.]+)S)?)?$/i;

/** A span of time in seconds: a number, a {@link Duration}, or ISO 8601 text such as `PT1H30M`. Kept as seconds. */
export const seconds: SettingType<number> = {
  name: "seconds or duration",
  parse: (value) => {
    const read = number.parse(value) ?? fromParts(value) ?? fromIso(value);
    return read !== undefined && read >= 0 ? read : undefined;
  },
};

function fromParts(value: unknown): number | undefined {
  if (!isPlainObject(value)) return undefined;
  const parts = Object.entries(value);
  if (parts.length === 0) return undefined;
  return parts.reduce<number | undefined>((sum, [unit, amount]) => {
    const size = SECONDS.get(unit);
    const read = number.parse(amount);
    return sum === undefined || size === undefined || read === undefined ? undefined : sum + read * size;
  }, 0);
}

function fromIso(value: unknown): number | undefined {
  const groups = typeof value === "string" ? ISO_8601.exec(value.trim())?.groups : undefined;
  // Without its years and months, whose length is not fixed.
  const parts = Object.entries(groups ?? {}).filter(([, amount]) => amount !== undefined);
  return fromParts(Object.fromEntries(parts));
}
