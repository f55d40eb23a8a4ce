import { type PythonAppOptions, celeryVenv, pythonEnvironment, pythonFolder } from "./celery-venv.ts";
import { ChildProgram } from "./child-program.ts";
import { uniqueName } from "./unique-name.ts";

export interface PythonWorkerOptions extends PythonAppOptions {
  /** @defaultValue "tasks", the app `interop` of `python/tasks.py` */
  readonly app?: string;
  /** @defaultValue "celery", or the setting `task_default_queue` */
  readonly queues?: readonly string[];
  /** `solo` starts fastest and runs one task at a time; `prefork` is Celery's own default. @defaultValue "solo" */
  readonly pool?: "solo" | "prefork" | "threads";
  /** @defaultValue 1 */
  readonly concurrency?: number;
  /** Looks for other workers at the start and waits a second for their answers. @defaultValue false */
  readonly mingle?: boolean;
  /** More arguments of `celery worker`. */
  readonly args?: readonly string[];
}

/**
 * Starts a real Celery worker and resolves when everything reaches it; takes about 0.6 s.
 *
 * `kill("SIGKILL")` hits its pool processes too; `stop("SIGTERM")` is Celery's warm shutdown.
 */
export async function pythonWorker(options: PythonWorkerOptions): Promise<ChildProgram> {
  const { app = "tasks", queues, pool = "solo", concurrency = 1, mingle = false, args = [] } = options;
  const worker = new ChildProgram({
    name: "Celery worker",
    command: await celeryVenv(),
    args: [
      ...["-m", "celery", "-A", app, "worker", "-l", "INFO", "-P", pool, "-c", String(concurrency)],
      ...["-n", `${uniqueName("python")}@%h`],
      ...(queues === undefined ? [] : ["-Q", queues.join(",")]),
      ...(mingle ? [] : ["--without-mingle"]),
      ...args,
    ],
    env: pythonEnvironment(options),
    cwd: pythonFolder,
  });
  try {
    await worker.waitFor(/interop: the worker listens/, { timeoutMs: 60_000 });
    return worker;
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
}
