import type { App } from "@q/core";
import { createArithmetic } from "./arithmetic.ts";

/** What `q -A bad-input/app.ts worker` runs; `BROKER_URL` and `RESULT_BACKEND` say where. */
export const app: App = createArithmetic({
  broker: process.env["BROKER_URL"] ?? "",
  backend: process.env["RESULT_BACKEND"] ?? "",
});
