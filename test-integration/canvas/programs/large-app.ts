import { type App, createApp } from "@q/core";

const settings = JSON.parse(process.env["SETTINGS"] ?? "{}") as Readonly<Record<string, unknown>>;

/** Small tasks for large workflows. */
export const app: App = createApp("large", {
  broker: process.env["BROKER_URL"] ?? "memory://",
  ...settings,
});

app.task("large.add", (x: number, y: number) => {
  if (x < 0) throw new RangeError(`${x} is below 0`);
  return x + y;
});
app.task("large.sum", (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0));
