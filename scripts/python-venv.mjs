// Python environments in .cache, made from a file of requirements; made anew when the file changes.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { aptInstall, isInstalled } from "./debian.mjs";

/** Returns the path of the interpreter, or undefined when there is no usable Python. */
export function ensureVenv({ name, requirementsFile, module }) {
  const folder = join(root, ".cache", name);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, "installed-requirements.txt");
  const requirements = readFileSync(requirementsFile, "utf8");
  if (readStamp(stamp) === requirements && succeeds(python, "-c", `import ${module}`)) return python;

  if (!isInstalled("python3")) aptInstall("python3", "python3-venv");
  mkdirSync(join(root, ".cache"), { recursive: true });
  const isMade = makeVenv(folder) || (aptInstall("python3-venv") && makeVenv(folder));
  if (!isMade) return undefined;
  console.log(`Installing ${module} into .cache/${name}…`);
  if (!succeeds(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirementsFile))
    return undefined;
  writeFileSync(stamp, requirements);
  return python;
}

function makeVenv(folder) {
  return (
    succeeds("python3", "-c", "import sys; sys.exit(sys.version_info < (3, 9))") &&
    succeeds("python3", "-m", "venv", folder)
  );
}

function readStamp(stamp) {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return undefined;
  }
}

function succeeds(program, ...args) {
  return spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
}
