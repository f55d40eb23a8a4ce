import type { RetryPolicy } from "@q/kernel";
import type { Duration } from "./duration.ts";
import type { SnakeCase } from "./setting-name.ts";
import type { Settings } from "./settings.ts";

/**
 * Settings as they are given: any of them, under either name. Where a time in seconds is wanted, a {@link Duration} or
 * ISO 8601 text (`PT1H30M`) will do; a part of a retry policy is enough. `undefined` means "not given".
 */
export type SettingsInput = {
  readonly [TName in keyof Settings]?: SettingInput<TName> | undefined;
} & {
  readonly [TName in keyof Settings as SnakeCase<TName>]?: SettingInput<TName> | undefined;
};

type SettingInput<TName extends keyof Settings> =
  | Settings[TName]
  | OtherForms<Settings[TName]>
  | (TName extends "taskDefaultDeliveryMode" ? "transient" | "persistent" : never);

/** What is turned into the normal form, beside that form itself. */
type OtherForms<TValue> =
  | (number extends TValue ? Duration | `P${string}` : never)
  | (TValue extends RetryPolicy ? Partial<TValue> | Readonly<Record<string, number | null>> : never)
  | (TValue extends readonly (infer TItem)[] ? ReadonlySet<TItem> : never);
