import type { SettingType } from "./setting-type.ts";

/** What the table of settings says of one setting. */
export interface SettingRow<TValue> {
  readonly type: SettingType<TValue>;
  readonly default: TValue;
  /** Set when this version reads and checks the setting without acting upon it: why, and what to do instead. */
  readonly noEffect?: string;
  /** Set when the setting goes away: what to use instead. */
  readonly useInstead?: string;
}

/** A row for every setting of an area; leaving one out does not compile. */
export type SettingRows<TSettings> = { readonly [TName in keyof TSettings]-?: SettingRow<TSettings[TName]> };
