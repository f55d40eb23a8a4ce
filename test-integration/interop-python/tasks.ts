import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type App, group, Ignore, Reject, type TaskContext, type TaskRequest } from "@q/core";
import { recordEntry } from "../harness/ledger.ts";
import { wireValues } from "./wire-values.ts";

/** The counterpart of the Python class of the same name: known to neither language's library. */
export class InteropError extends Error {
  readonly args: readonly unknown[];

  constructor(...args: readonly unknown[]) {
    super(args.map(String).join(", "));
    this.name = "InteropError";
    this.args = args;
  }
}

/** A class of which the other side knows only the name. */
class OnlyHereError extends Error {}

const errorClasses: Readonly<Record<string, new (...args: never[]) => Error>> = {
  InteropError,
  OnlyHereError,
  TypeError,
  SyntaxError,
  RangeError,
  Error,
};

/**
 * Our side of the Python tasks `interop.…`: the same names, arguments and ends, so that every case runs with the
 * worker of either language.
 */
export function registerInteropTasks(app: App, options: { ledger?: string | undefined } = {}): void {
  registerValues(app);
  registerOutcomes(app);
  registerContext(app);
  const { ledger = "" } = options;
  const pause = (seconds: number): Promise<void> =>
    new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  app.task({ name: "interop.sleep_for", params: ["seconds"] }, async (seconds: number) => {
    await pause(seconds);
    return seconds;
  });
  app.task(
    {
      name: "interop.ledger",
      bind: true,
      acksLate: true,
      rejectOnWorkerLost: true,
      params: ["item", "seconds?"],
    },
    async (self: TaskContext, item: string, seconds: number = 0) => {
      const id = item;
      recordEntry(ledger, { id, attempt: self.request.retries, event: "start" });
      if (seconds > 0) await pause(seconds);
      recordEntry(ledger, { id, attempt: self.request.retries, event: "end" });
      return item;
    },
  );
  app.task(
    {
      name: "interop.survivor",
      bind: true,
      acksLate: true,
      rejectOnWorkerLost: true,
      params: ["item", "seconds"],
    },
    async (self: TaskContext, id: string, seconds: number) => {
      const { redelivered } = self.request.deliveryInfo;
      const attempt = redelivered ? 1 : 0;
      recordEntry(ledger, { id, attempt, event: "start" });
      if (!redelivered) await pause(seconds);
      recordEntry(ledger, { id, attempt, event: "end" });
      return redelivered;
    },
  );
}

function registerValues(app: App): void {
  app.task({ name: "interop.add", params: ["x", "y"] }, (x: number, y: number) => x + y);
  app.task({ name: "interop.mul", params: ["x", "y"] }, (x: number, y: number) => x * y);
  app.task({ name: "interop.xsum", params: ["numbers"] }, total);
  app.task({ name: "interop.identity", params: ["value"] }, (value: unknown) => value);
  app.task({ name: "interop.echo", bind: true }, ({ request }: TaskContext, ..._args: unknown[]) => ({
    args: request.args,
    kwargs: request.kwargs,
  }));
  app.task(
    { name: "interop.check", params: ["value", "expression"] },
    (value: unknown, expression: string) => {
      const wanted = wireValues.get(expression);
      return isDeepStrictEqual(value, wanted) || `${expression} arrived as ${String(value).slice(0, 200)}`;
    },
  );
}

function total(numbers: readonly unknown[]): number {
  return numbers.reduce<number>(
    (sum, one) => sum + (Array.isArray(one) ? total(one as unknown[]) : Number(one)),
    0,
  );
}

function registerOutcomes(app: App): void {
  app.task("interop.fail", (name: string, ...args: unknown[]) => {
    const Class = errorClasses[name] ?? Error;
    throw new Class(...(args as never[]));
  });
  app.task("interop.unserialisable", () => () => "functions do not travel");
  app.task(
    { name: "interop.retry_n_times", bind: true, maxRetries: null, params: ["times", "countdown?"] },
    (self: TaskContext, times: number, countdown: number = 0.05) => {
      const { retries } = self.request;
      if (retries < times) self.retry({ exc: new InteropError("again"), countdown });
      return retries;
    },
  );
  app.task({ name: "interop.retry_too_often", bind: true, maxRetries: 1 }, (self: TaskContext) =>
    self.retry({ exc: new InteropError("gave up"), countdown: 0.05 }),
  );
  const autoretry = { autoretryFor: [InteropError], defaultRetryDelay: 0.05, maxRetries: 5 };
  app.task(
    { name: "interop.autoretried", bind: true, params: ["times"], ...autoretry },
    (self, times: number) => {
      if (self.request.retries < times) throw new InteropError("again");
      return self.request.retries;
    },
  );
  app.task("interop.ignore", () => {
    throw new Ignore();
  });
  app.task({ name: "interop.reject", acksLate: true, params: ["requeue?"] }, (requeue: boolean = false) => {
    throw new Reject("as asked", { requeue });
  });
}

function registerContext(app: App): void {
  app.task("interop.now", () => Date.now());
  app.task("interop.on_error", (failedId: string) => failedId);
  app.task(
    { name: "interop.progress", bind: true, params: ["steps?", "pause?"] },
    async (self: TaskContext, steps: number = 3, pause: number = 0.05) => {
      for (let current = 0; current < steps; current++) {
        await sleep(pause * 1000);
        await self.updateState({ state: "PROGRESS", meta: { current, total: steps } });
      }
      return steps;
    },
  );
  app.task({ name: "interop.request", bind: true }, ({ request }: TaskContext, ..._args: unknown[]) =>
    described(request),
  );
  const add = ({ request }: TaskContext, x: number, y: number) =>
    app.signature<[], number>("interop.add", [x, y], { queue: request.deliveryInfo.routingKey });
  app.task(
    { name: "interop.add_replaced", bind: true, params: ["x", "y"] },
    (self: TaskContext, x: number, y: number) => self.replace(add(self, x, y)),
  );
  app.task(
    { name: "interop.add_to_all", bind: true, params: ["numbers", "y", "queues"] },
    (self: TaskContext, ...[numbers, y, queues]: [readonly number[], number, readonly string[]]) => {
      const sum = (x: number, queue = queues[0]) =>
        app.signature<[], number>("interop.add", [x, y], queue === undefined ? {} : { queue });
      return self.replace(group(numbers.map((x, index) => sum(x, queues[index % queues.length]))));
    },
  );
  app.task(
    { name: "interop.joined", bind: true, params: ["numbers", "y"] },
    async (self: TaskContext, numbers: readonly number[], y: number) => {
      for (const x of numbers) await self.addToChord(add(self, x, y));
      return 0;
    },
  );
  app.task(
    { name: "interop.calls", bind: true, params: ["name", "args"] },
    async (self, name: string, args: unknown[]) => {
      return (await self.app.sendTask(name, args)).id;
    },
  );
}

/** The context under Python's names. */
function described(request: TaskRequest): Record<string, unknown> {
  return {
    id: request.id,
    task: request.task,
    args: request.args,
    kwargs: request.kwargs,
    retries: request.retries,
    eta: request.headers["eta"] ?? null,
    expires: request.headers["expires"] ?? null,
    origin: request.origin ?? null,
    root_id: request.rootId,
    parent_id: request.parentId ?? null,
    group: request.group ?? null,
    group_index: request.groupIndex ?? null,
    correlation_id: request.correlationId,
    reply_to: request.replyTo ?? null,
    delivery_info: {
      exchange: request.deliveryInfo.exchange,
      routing_key: request.deliveryInfo.routingKey,
      priority: request.deliveryInfo.priority,
      redelivered: request.deliveryInfo.redelivered,
    },
    headers: request.headers,
    timelimit: request.headers["timelimit"],
    ignore_result: request.ignoreResult ?? null,
    stamps: request.stamps,
    shadow: request.shadow ?? null,
    argsrepr: request.argsrepr ?? null,
    kwargsrepr: request.kwargsrepr ?? null,
  };
}
