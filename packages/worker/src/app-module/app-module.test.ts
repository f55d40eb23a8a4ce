import { createApp } from "@q/core";
import { expect, it } from "vitest";
import { adoptSettings, portableSettings } from "./app-module.ts";

it("gives the app of an executor the settings that the worker's app was given later", () => {
  const make = () =>
    createApp("test", { broker: "memory://", taskSerializer: "yaml", timezone: "Asia/Tokyo" });
  const [original, copy] = [make(), make()];
  original.config.override({ brokerUrl: "redis://elsewhere" });
  original.config.update({ taskSerializer: "json", taskRoutes: [() => null] });
  adoptSettings(copy, structuredClone(portableSettings(original)));
  expect(copy.conf).toMatchObject({
    brokerUrl: "redis://elsewhere",
    taskSerializer: "json",
    timezone: "Asia/Tokyo",
  });
});

it("leaves alone what is the same", () => {
  const app = createApp("test", { broker: "memory://", taskDefaultQueue: "q" });
  const { confVersion } = app;
  adoptSettings(app, portableSettings(app));
  expect(app.confVersion).toBe(confVersion);
});
