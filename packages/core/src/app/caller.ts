import type { CanvasNode, NodeOptions } from "../canvas/node.ts";
import type { OutgoingCall } from "../canvas/outbox.ts";
import { AsyncResult } from "../results/async-result.ts";
import type { EagerResult } from "../results/eager-result.ts";
import type { ResultHandle } from "../results/result-handle.ts";
import { type CallOptions, checkCallOptions, NO_OPTIONS } from "../tasks/call-options.ts";
import { callDirectly } from "../tasks/direct-call.ts";
import type { TaskBase } from "../tasks/task-base.ts";
import { sendingTask } from "../tasks/task-context.ts";
import type { App } from "./app.ts";
import type { LazyConnections } from "./lazy-connections.ts";
import type { SignatureCall, TaskCall } from "./task-sender.ts";

type CallOfTask = TaskCall & { readonly task: TaskBase };

/** Makes the calls of an app's tasks and workflows: sends them, or runs them here and now where the app is eager. */
export class Caller {
  readonly #app: App;
  readonly #connections: LazyConnections;

  constructor(app: App, connections: LazyConnections) {
    this.#app = app;
    this.#connections = connections;
  }

  /** Sends a task that is defined here, or runs it where the app is eager. */
  call(task: TaskBase, args: readonly unknown[], options: CallOptions): Promise<AsyncResult<unknown>> {
    const call = { name: task.name, args, options, task };
    return this.#app.conf.taskAlwaysEager ? this.#callEagerly(call) : this.send(call);
  }

  async #callEagerly({ task, args, options }: CallOfTask): Promise<AsyncResult<unknown>> {
    checkCallOptions(options);
    task.checkArguments(args, options.kwargs);
    return this.applyEagerly(task, args, options);
  }

  /** Sends a task by its name; settles as {@link send}. */
  async callByName(
    name: string,
    args: readonly unknown[],
    options: CallOptions,
  ): Promise<AsyncResult<unknown>> {
    if (this.#app.conf.taskAlwaysEager) {
      this.#app.logger.warn({ taskName: name }, "sendTask sends, although task_always_eager is on");
    }
    return this.send({ name, args, options, task: this.#app.tasks.find(name) });
  }

  /** Sends one message; settles when the broker has it. */
  async send(call: TaskCall): Promise<AsyncResult<unknown>> {
    if (call.options !== NO_OPTIONS) checkCallOptions(call.options);
    const sender = this.#connections.readySender ?? (await this.#connections.sender());
    const { id, ignored, published } = sender.send(call);
    const result = new AsyncResult<unknown>(id, this.#app, { ignored });
    await published;
    const parent = sendingTask();
    if (call.options.addToParent ?? true) parent?.addTrail(result);
    return result;
  }

  /** Checks the arguments of calls that are to be sent together, before the first one goes. @throws {TaskArgumentsError} */
  checkAll(calls: readonly Pick<OutgoingCall, "task" | "args" | "kwargs">[]): void {
    for (const { task, args, kwargs } of calls) this.#app.tasks.find(task)?.checkArguments(args, kwargs);
  }

  /** Sends some messages of a workflow at once; settles when the broker has all of them, or one has failed for good. */
  async sendAll(calls: readonly SignatureCall[]): Promise<void> {
    const sender = await this.#connections.sender();
    const send = (call: SignatureCall): Promise<void> =>
      sender.send({ ...call, task: this.#app.tasks.find(call.name) }).published;
    const sent = await Promise.allSettled(calls.map(send));
    const failed = sent.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
  }

  /** Queue on which this client waits for results. */
  async replyTo(): Promise<string> {
    return (await this.#connections.sender()).replyTo;
  }

  /** Runs a task as the function it is. */
  direct(task: TaskBase, args: readonly unknown[]): unknown {
    return callDirectly(this.#app, task, args);
  }

  /** Runs a task here and now, as a worker would. */
  async applyEagerly(
    task: TaskBase,
    args: readonly unknown[],
    options: CallOptions & { throw?: boolean },
  ): Promise<EagerResult<unknown>> {
    const { applyEagerly } = await import("../tasks/eager.ts");
    return applyEagerly(this.#app, { task, args, options });
  }

  /** Runs a workflow here and now. */
  async applyCanvas(
    node: CanvasNode,
    options: NodeOptions & { readonly throw?: boolean | undefined },
  ): Promise<ResultHandle | null> {
    const { applyCanvas } = await import("../canvas/eager.ts");
    return applyCanvas(this.#app, node, options);
  }
}
