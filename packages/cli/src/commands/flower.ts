import { spawn } from "node:child_process";
import { constants } from "node:os";
import { effectiveBrokerUrl, effectiveResultBackend } from "@q/core/internal";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT, UsageError } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Options of `q flower`. */
export const flowerOptions = {
  celery: {
    type: "string",
    default: "celery",
    describe: "the celery command of the Python environment that has Flower",
  },
} as const;

/** The options of `q flower`, parsed. */
export type FlowerArguments = GlobalArguments & ArgumentsCamelCase<InferredOptionTypes<typeof flowerOptions>>;

/**
 * Runs Flower, a Python program, on the broker and the result backend of the app, and ends with its exit code. Options
 * behind `--` are Flower's.
 *
 * @throws {UsageError} when there is no such program
 */
export async function runFlower(args: FlowerArguments, io: Io): Promise<number> {
  await using app = await openApp(args, io);
  const [broker] = [effectiveBrokerUrl(app.conf)].flat();
  const backend = effectiveResultBackend(app.conf);
  // In its environment: everybody may read the arguments of a process, and URLs hold passwords.
  const env = {
    ...io.env,
    CELERY_BROKER_URL: broker,
    ...(typeof backend === "string" && { CELERY_RESULT_BACKEND: backend }),
  };
  return await run(args.celery, ["flower", ...(args["--"] ?? [])], env);
}

/** Ctrl-C reaches both programs: this one waits for the end of the other. */
async function run(program: string, args: readonly string[], env: Io["env"]): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit", env });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  const wait = (): void => {};
  process.on("SIGTERM", forward).on("SIGINT", wait);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (cause) => reject(noFlower(program, cause)));
      child.once("exit", (code, signal) =>
        resolve(signal === null ? (code ?? EXIT.failure) : 128 + constants.signals[signal]),
      );
    });
  } finally {
    process.off("SIGTERM", forward).off("SIGINT", wait);
  }
}

function noFlower(program: string, cause: Error): UsageError {
  return new UsageError(
    `"${program}" cannot be started. Flower is a Python program: pip install flower, and name the celery command ` +
      "beside it, as in q flower --celery ./venv/bin/celery",
    { cause },
  );
}
