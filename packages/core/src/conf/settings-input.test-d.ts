import { expectTypeOf, it } from "vitest";
import type { Conf } from "./conf.ts";
import type { SettingsInput } from "./settings-input.ts";
import type { Settings } from "./settings.ts";

it("takes both spellings, and durations for seconds", () => {
  expectTypeOf<{ taskSerializer: string; task_acks_late: boolean }>().toExtend<SettingsInput>();
  expectTypeOf<{ resultExpires: { days: number } }>().toExtend<SettingsInput>();
  expectTypeOf<{ resultExpires: "P1D" }>().toExtend<SettingsInput>();
  expectTypeOf<{ taskPublishRetryPolicy: { max_retries: number } }>().toExtend<SettingsInput>();
  expectTypeOf<{ taskDefaultDeliveryMode: "transient" }>().toExtend<SettingsInput>();
  expectTypeOf<Partial<Settings>>().toExtend<SettingsInput>();
});

it("refuses unknown names and wrong types", () => {
  expectTypeOf<{ taskAcksLate: string }>().not.toExtend<SettingsInput>();
  expectTypeOf<{ resultExpires: string }>().not.toExtend<SettingsInput>();
  expectTypeOf<{ taskProtocol: "transient" }>().not.toExtend<SettingsInput>();
  // @ts-expect-error misspelt
  expectTypeOf<Conf["update"]>().toBeCallableWith({ taskSerialiser: "json" });
});
