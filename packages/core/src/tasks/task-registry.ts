import { NotRegisteredError } from "../errors.ts";
import type { TaskBase } from "./task-base.ts";

/** Tasks of an app by name. Registering a name again replaces the task. */
export class TaskRegistry implements Iterable<TaskBase> {
  readonly #tasks = new Map<string, TaskBase>();

  /** @throws {NotRegisteredError} */
  get(name: string): TaskBase {
    const task = this.#tasks.get(name);
    if (task === undefined) throw new NotRegisteredError(name, this.#tasks.keys());
    return task;
  }

  find(name: string): TaskBase | undefined {
    return this.#tasks.get(name);
  }

  register(task: TaskBase): void {
    this.#tasks.set(task.name, task);
  }

  /** @throws {NotRegisteredError} */
  unregister(name: string): void {
    if (!this.#tasks.delete(name)) throw new NotRegisteredError(name, this.#tasks.keys());
  }

  /** Names of all tasks, Celery's built-in ones last. */
  names(): string[] {
    const builtin = (name: string): number => (name.startsWith("celery.") ? 1 : 0);
    return [...this.#tasks.keys()].sort((a, b) => builtin(a) - builtin(b) || (a < b ? -1 : 1));
  }

  [Symbol.iterator](): Iterator<TaskBase> {
    return this.#tasks.values();
  }
}
