import { type App, group, RemoteTaskError, type TaskContext } from "@q/core";

/** The tasks of the recorded workflows, as Python has them. */
export function registerRecordedTasks(app: App): void {
  const add = (x: number, y: number): number => x + y;
  app.task({ name: "t.add", typing: false }, add);
  app.task({ name: "t.mul", params: ["x", "y"] }, (x: number, y: number) => x * y);
  app.task({ name: "t.ident", bind: true, typing: false }, ({ request }: TaskContext) => [
    request.args,
    request.kwargs,
  ]);
  app.task({ name: "t.xsum", params: ["numbers"] }, total);
  app.task({ name: "t.noop", typing: false }, () => undefined);
  app.task({ name: "t.fail", typing: false }, () => {
    throw valueError("boom", 42);
  });
  app.task({ name: "t.on_err1", params: ["id"] }, (id: string) => `errback ${id}`);
  app.task("t.on_err_new", (_request: unknown, _error: Error, _traceback: string) => "errback new");
  app.task(
    { name: "t.retry_once", bind: true, params: ["x"], maxRetries: 3 },
    (self: TaskContext, x: number) =>
      self.request.retries < 1 ? self.retry({ exc: valueError("again"), countdown: 0.2 }) : x,
  );
  app.task({ name: "t.replace", bind: true, params: ["x"] }, (self: TaskContext, x: number) =>
    self.replace(app.signature<[], number>("t.add", [x, 100])),
  );
  app.task({ name: "t.replace_group", bind: true, params: ["x"] }, (self: TaskContext, x: number) =>
    self.replace(group([1, 2].map((n) => app.signature<[], number>("t.add", [x, n])))),
  );
  app.task({ name: "t.add_to_chord", bind: true, params: ["x"] }, async (self: TaskContext, x: number) => {
    if (x === 1) await self.addToChord(app.signature<[]>("t.add", [1000, 0], { immutable: true }));
    return x;
  });
}

function total(numbers: readonly unknown[]): number {
  return numbers.reduce<number>((sum, one) => sum + (Array.isArray(one) ? total(one) : Number(one)), 0);
}

/** Python's ValueError. */
function valueError(...args: readonly unknown[]): Error {
  return new RemoteTaskError(`ValueError: ${args.join(", ")}`, {
    excType: "ValueError",
    excModule: "builtins",
    args,
    traceback: null,
  });
}
