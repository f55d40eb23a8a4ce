import { type App, type AppOptions, createApp } from "@q/core";

/** An app with the tasks that the vectors name; it adds as Python does, with integers of any size. */
export function createArithmetic(options: AppOptions): App {
  const app = createApp("arithmetic", options);
  app.task("t.add", (x: number | bigint, y: number | bigint) =>
    typeof x === "bigint" || typeof y === "bigint" ? BigInt(x) + BigInt(y) : x + y,
  );
  app.task("t.mul", (x: number, y: number) => x * y);
  app.task("t.length", (text: string) => text.length);
  return app;
}
