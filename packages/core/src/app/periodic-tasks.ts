import { ImproperlyConfiguredError } from "@q/kernel";
import { embedded, type SignatureLike } from "../canvas/signature-of.ts";
import { camelKeys } from "../conf/setting-name.ts";
import { isPlainObject } from "../conf/setting-type.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import type { App } from "./app.ts";

/** Options of `addPeriodicTask`: those of the call, a name, and what a beat takes besides, such as `misfire`. */
export interface PeriodicTaskOptions extends CallOptions {
  /** Name of the entry. Default: the task and its arguments. */
  readonly name?: string;
  /** Arguments in place of those of the signature. */
  readonly args?: readonly unknown[];
  /** Further fields of the entry, as `@q/beat` knows them: `relative`, `jitter`, `misfire`, `overlap` and so on. */
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** An entry of the beat schedule, as data: core knows nothing of schedules. */
export type PeriodicEntry = Readonly<Record<string, unknown>>;

/** The periodic tasks of an app: those of the setting `beat_schedule`, and those that were added by hand. */
export class PeriodicTasks {
  readonly #added = new Map<string, PeriodicEntry>();
  readonly #hooks: ((app: App) => void)[] = [];

  /** Adds an entry and returns its name. @throws {ImproperlyConfiguredError} for a chain, group or chord */
  add(schedule: unknown, signature: SignatureLike, options: PeriodicTaskOptions = {}): string {
    const call = embedded(signature);
    if (!("task" in call) || ("kind" in call && call.kind !== "task")) {
      throw new ImproperlyConfiguredError(
        "a periodic task is one task. Send a workflow from a task of its own.",
      );
    }
    const { name: given, args = call.args ?? [], kwargs = call.kwargs ?? {}, entry = {}, ...rest } = options;
    const name = given ?? nameOf(call.task, args, kwargs);
    const own = "kind" in call ? call.options : {};
    this.#added.set(name, {
      ...entry,
      task: call.task,
      schedule,
      args,
      kwargs,
      options: { ...own, ...rest },
    });
    return name;
  }

  /** Calls `hook` before the entries are read for the first time. */
  onConfigure(hook: (app: App) => void): void {
    this.#hooks.push(hook);
  }

  /** All entries by name; names of fields and options are in camelCase. */
  entries(app: App): Readonly<Record<string, PeriodicEntry>> {
    for (const hook of this.#hooks.splice(0)) hook(app);
    const configured = Object.entries(app.conf.beatSchedule).map(
      ([name, entry]) => [name, readEntry(entry)] as const,
    );
    return { ...Object.fromEntries(configured), ...Object.fromEntries(this.#added) };
  }
}

/** The call, as Celery writes it. */
function nameOf(task: string, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): string {
  const shown = (value: unknown): string => JSON.stringify(value) ?? "…";
  const named = Object.entries(kwargs).map(([key, value]) => `${key}=${shown(value)}`);
  return `${task}(${[...args.map(shown), ...named].join(", ")})`;
}

/** What is not an object is for the beat to complain about. */
function readEntry(entry: unknown): PeriodicEntry {
  if (!isPlainObject(entry)) return entry as PeriodicEntry;
  const fields = camelKeys(entry);
  return isPlainObject(fields["options"]) ? { ...fields, options: camelKeys(fields["options"]) } : fields;
}
