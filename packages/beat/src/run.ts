/** One sending of a task. */
export interface Run {
  /** Task id, the same from every beat. */
  readonly id: string;
  /** Name of the entry. */
  readonly name: string;
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Options of the entry. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The time of the occurrence; of a run that was asked for, when that was seen. */
  readonly scheduledAt: Date;
}

/** The last run of an entry. */
export type LastRun = Pick<Run, "id" | "name" | "task" | "scheduledAt">;

/** Options of a call, as far as beat sets them; those of the entry come along. */
export interface SendOptions {
  readonly taskId?: string;
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** What beat needs to send tasks by name; an app of `@q/core` is one. */
export interface TaskSender {
  sendTask(name: string, args: readonly unknown[], options: SendOptions): Promise<unknown>;
}

/** Sends runs as tasks. The header `periodic_task_name` tells the worker which entry it came from. */
export function sendWith(sender: TaskSender): (run: Run) => Promise<unknown> {
  return ({ id, name, task, args, kwargs, options }) => {
    const { headers } = options as { headers?: Readonly<Record<string, unknown>> };
    return sender.sendTask(task, args, {
      ...options,
      kwargs,
      taskId: id,
      headers: { ...headers, periodic_task_name: name },
    });
  };
}
