import type { WireMessage } from "@q/messaging";
import type { TaskContext } from "../tasks/task-context.ts";
import type { OutgoingTask } from "../protocol/task-message.ts";

/** Intervenes: gets the context, and decides whether and when `next` runs. What it throws, the operation throws. */
export type Middleware<TContext, TResult> = (
  context: TContext,
  next: () => Promise<TResult>,
) => Promise<TResult>;

/** A message about to be published; both parts may be replaced before `next`. */
export interface PublishContext {
  task: OutgoingTask;
  message: WireMessage | undefined;
}

/** Publishing middleware: around every task message this app sends. */
export type PublishMiddleware = Middleware<PublishContext, void>;

/** Execution middleware: around every task body this app runs, inside the task's own async context. */
export type ExecuteMiddleware = Middleware<TaskContext, unknown>;

/** Composes a chain; the first middleware is the outermost. An empty chain costs nothing. */
export function composeMiddleware<TContext, TResult>(
  chain: readonly Middleware<TContext, TResult>[],
): ((context: TContext, last: () => Promise<TResult>) => Promise<TResult>) | undefined {
  if (chain.length === 0) return undefined;
  return (context, last) => {
    const call = (index: number): Promise<TResult> => {
      const middleware = chain[index];
      return middleware ? middleware(context, () => call(index + 1)) : last();
    };
    return call(0);
  };
}
