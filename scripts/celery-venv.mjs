// A Python environment with Celery, for the tests and benchmarks that run it beside Q.
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { ensureVenv } from "./python-venv.mjs";

/** Returns the path of the interpreter, or undefined when there is no usable Python. */
export function ensureCelery() {
  return ensureVenv({
    name: "venv-celery-5.6",
    requirementsFile: join(root, "test-integration", "requirements.txt"),
    module: "celery",
  });
}
