import type { App, TaskContext } from "@q/core";
import { type Behaviour, marked } from "./canvas-model.ts";

/** The task of every model: `mark(name, behaviour)`, with the value of the step before in front. */
export function registerCanvasTasks(app: App): void {
  app.task(
    {
      name: "canvas.mark",
      bind: true,
      typing: false,
      acksLate: true,
      rejectOnWorkerLost: true,
      maxRetries: null,
    },
    (self: TaskContext, ...args: unknown[]) => {
      const [name, behaviour] = args.slice(-2) as [string, Behaviour];
      if (behaviour === "fail") throw new Error(`${name} fails`);
      if (behaviour === "retry" && self.request.retries === 0) self.retry({ countdown: 0 });
      return marked(name, args.length > 2 ? args[0] : undefined);
    },
  );
}
