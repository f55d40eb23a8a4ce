// A Python environment with Flower, for the test that has it monitor Q.
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { ensureVenv } from "./python-venv.mjs";

/** Returns the path of the interpreter, or undefined when there is no usable Python. */
export function ensureFlower() {
  return ensureVenv({
    name: "venv-flower-2.0",
    requirementsFile: join(root, "test-integration", "requirements-flower.txt"),
    module: "flower",
  });
}
