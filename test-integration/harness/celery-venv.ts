import { fileURLToPath } from "node:url";

/** The folder of `tasks.py` and `client.py`. */
export const pythonFolder: string = fileURLToPath(new URL("../python", import.meta.url));

let interpreter: Promise<string> | undefined;

/** Path of a Python that has Celery; creates the virtual environment in `.cache` when it is not there. */
export function celeryVenv(): Promise<string> {
  interpreter ??= findInterpreter();
  return interpreter;
}

async function findInterpreter(): Promise<string> {
  const script = new URL("../../scripts/celery-venv.mjs", import.meta.url);
  const { ensureCelery } = (await import(script.href)) as { ensureCelery: () => string | undefined };
  const python = ensureCelery();
  if (python === undefined)
    throw new Error("Could not make a Python environment with Celery; see the log above.");
  return python;
}

/** Where and how the Python side talks; the names are Celery's settings. */
export interface PythonAppOptions {
  readonly broker: string;
  readonly backend?: string;
  /**
   * Any of Celery's lower-case settings, for example `{ task_serializer: "yaml" }`. `task_queues` may be a list
   * of objects with `name`, `exchange`, `routing_key` and the other options of `kombu.Queue`.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Path of a ledger for the task `interop.ledger`. */
  readonly ledger?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment that makes `tasks.py` use these options. */
export function pythonEnvironment(options: PythonAppOptions): Record<string, string> {
  const { broker, backend, settings, ledger, env } = options;
  return {
    INTEROP_SETTINGS: JSON.stringify({
      broker_url: broker,
      ...(backend === undefined ? {} : { result_backend: backend }),
      ...settings,
    }),
    ...(ledger === undefined ? {} : { INTEROP_LEDGER: ledger }),
    PYTHONPATH: pythonFolder,
    PYTHONUNBUFFERED: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    // Celery warns on every start that root should not run it.
    C_FORCE_ROOT: "1",
    ...env,
  };
}
