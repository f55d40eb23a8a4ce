// A Python environment with Celery, for the tests and benchmarks that run it beside Q.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { aptInstall, isInstalled } from "./debian.mjs";

const requirementsFile = join(root, "test-integration", "requirements.txt");
const folder = join(root, ".cache", "venv-celery-5.6");
const python = join(folder, "bin", "python");
const stamp = join(folder, "installed-requirements.txt");

/** Returns the path of the interpreter, or undefined when there is no usable Python. */
export function ensureCelery() {
  const requirements = readFileSync(requirementsFile, "utf8");
  if (readStamp() === requirements && succeeds(python, "-c", "import celery")) return python;

  if (!isInstalled("python3")) aptInstall("python3", "python3-venv");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const isMade = makeVenv() || (aptInstall("python3-venv") && makeVenv());
  if (!isMade) return undefined;
  console.log("Installing Celery into .cache/venv-celery-5.6…");
  if (!succeeds(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirementsFile))
    return undefined;
  writeFileSync(stamp, requirements);
  return python;
}

function makeVenv() {
  return (
    succeeds("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))") &&
    succeeds("python3", "-m", "venv", folder)
  );
}

function readStamp() {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return undefined;
  }
}

function succeeds(program, ...args) {
  return spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}
