import type { TaskOptions } from "./task-options.ts";

/** Changes options of tasks from outside: by name, `*` for all; a function is asked for each task. */
export type TaskAnnotations =
  | Readonly<Record<string, Partial<TaskOptions>>>
  | ((options: TaskOptions) => Partial<TaskOptions> | undefined);

/** All that the setting `task_annotations` says of one task; the task's own name wins over `*`. */
export function annotationsFor(
  annotations: TaskAnnotations | readonly TaskAnnotations[] | null,
  options: TaskOptions,
): Partial<TaskOptions> {
  if (annotations === null) return {};
  const list = (Array.isArray(annotations) ? annotations : [annotations]) as readonly TaskAnnotations[];
  const found = list.map((one) =>
    typeof one === "function" ? one(options) : { ...one["*"], ...one[options.name] },
  );
  return Object.assign({}, ...found) as Partial<TaskOptions>;
}
