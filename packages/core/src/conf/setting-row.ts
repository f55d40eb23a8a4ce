import type { SettingType } from "./setting-type.ts";

/** What the table of settings says of one setting. */
export interface SettingRow<TValue> {
  readonly type: SettingType<TValue>;
  readonly default: TValue;
  /** Whether this version acts upon the setting; the others are read, checked and listed by `q report`. */
  readonly honoured: boolean;
  /** Set when the setting goes away: what to use instead. */
  readonly useInstead?: string;
}

/** A row for every setting of an area; leaving one out does not compile. */
export type SettingRows<TSettings> = { readonly [TName in keyof TSettings]-?: SettingRow<TSettings[TName]> };
