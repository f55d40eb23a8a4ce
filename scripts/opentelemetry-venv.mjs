// A Python environment with OpenTelemetry, for the test that follows a trace through both languages.
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { ensureVenv } from "./python-venv.mjs";

/** Returns the path of the interpreter, or undefined when there is no usable Python. */
export function ensureOpenTelemetry() {
  return ensureVenv({
    name: "venv-opentelemetry",
    requirementsFile: join(root, "test-integration", "requirements-opentelemetry.txt"),
    module: "opentelemetry.instrumentation.celery",
  });
}
