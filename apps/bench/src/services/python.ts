import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "./paths.ts";

const celeryRequirement = "celery[redis,msgpack,yaml]==5.6.*";
const venv = join(packageRoot, "../../.cache/venv-celery-5.6");

/** The interpreter of the venv that holds Celery. */
export const venvPython: string = join(venv, "bin/python");
/** Where contenders in Python find what they share. */
export const pythonPath: string = join(packageRoot, "src/contenders/shared");

/** Creates the venv with Celery unless it is there. Needs python3 and, the first time, PyPI. */
export function ensureCelery(): void {
  if (existsSync(join(venv, "bin/celery"))) return;
  console.error(`Creating ${venv} with ${celeryRequirement} …`);
  execFileSync("python3", ["-m", "venv", venv], { stdio: "inherit" });
  execFileSync(join(venv, "bin/pip"), ["install", "--quiet", celeryRequirement], { stdio: "inherit" });
}

/** Versions of what the Celery contender runs on, for the results. */
export function celeryVersions(): string {
  const code =
    "import sys, celery, kombu, redis, amqp; v = sys.version_info;" +
    "print(f'Celery {celery.__version__}, kombu {kombu.__version__}, redis-py {redis.__version__}, " +
    "py-amqp {amqp.__version__}, Python {v.major}.{v.minor}.{v.micro}')";
  return execFileSync(venvPython, ["-c", code], { encoding: "utf8" }).trim();
}
