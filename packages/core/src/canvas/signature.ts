import type { App } from "../app/app.ts";
import { UnboundSignatureError } from "../errors.ts";
import type { ControlOptions } from "../control/control-options.ts";
import type { SignatureJson } from "../protocol/embed.ts";
import type { AsyncResult } from "../results/async-result.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import { compose } from "./compose.ts";
import { describe } from "./describe.ts";
import type { FreezeOptions } from "./freeze.ts";
import { flattenLinks, linkErrorTo, linkTo } from "./links.ts";
import { type CanvasNode, type NodeOptions, taskNode } from "./node.ts";
import { nodeToJson } from "./node-json.ts";
import { nodeOptions } from "./node-options.ts";
import { resultOfNothing } from "./nothing.ts";
import { mergeOptions, prependArgs, setImmutable, setOptions } from "./partial.ts";
import { isVisitor, Stamper, type StampingVisitor, type StampOptions, type Stamps } from "./stamping.ts";
import { type AnySignature, embedded, type SignatureLike, type SignatureOf } from "./signature-of.ts";

/** What a signature may be made from besides the name of its task. */
export interface SignatureParts {
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly options?: CallOptions;
  readonly immutable?: boolean;
  /** The app that sends it; without one it can be a part of others' workflows and travel. */
  readonly app?: App | undefined;
}

/** Options of a signature; `immutable` among them. */
export type SignatureOptions = CallOptions & { readonly immutable?: boolean };

/**
 * A call not yet sent: task, arguments and options; or several of them, composed. Immutable: every change gives a new
 * one. Its JSON is Celery's, so it can travel inside messages and be run by workers of either language.
 *
 * `TTakes` are the arguments it still waits for, `TResult` is what comes out, `THandle` what sending it gives.
 *
 * @see wire protocol, "Signature object"
 */
export class Signature<
  in TTakes extends readonly unknown[] = readonly unknown[],
  out TResult = unknown,
  out THandle = AsyncResult<TResult>,
> implements SignatureOf<TTakes, TResult, THandle> {
  declare readonly "~types": (given: TTakes) => [TResult, THandle];
  /** The signature as data. */
  readonly node: CanvasNode;
  readonly #app: App | undefined;

  constructor(task: string | CanvasNode, parts: SignatureParts = {}) {
    const { args = [], kwargs = {}, immutable = false, options, app } = parts;
    this.node =
      typeof task === "string"
        ? taskNode(task, { args, kwargs, immutable, options: nodeOptions(options) })
        : task;
    this.#app = app;
  }

  /** Name of the task; of a composed signature that of Celery's built-in one, such as `celery.chain`. */
  get task(): string {
    return this.node.kind === "task" ? this.node.task : `celery.${this.node.kind}`;
  }

  /** Its own arguments. */
  get args(): readonly unknown[] {
    return this.node.kind === "task" ? this.node.args : [];
  }

  /** Its own keyword arguments. */
  get kwargs(): Readonly<Record<string, unknown>> {
    return this.node.kind === "task" ? this.node.kwargs : {};
  }

  /** Its own options. */
  get options(): NodeOptions {
    return this.node.options;
  }

  /** Takes no arguments from its caller. */
  get immutable(): boolean {
    return this.node.immutable;
  }

  /** What is composed here; `null` for the call of one task. */
  get subtaskType(): "chain" | "group" | "chord" | null {
    return this.node.kind === "task" ? null : this.node.kind;
  }

  /** What is composed here: the steps of a chain, the members of a group or of a chord's header. */
  get tasks(): readonly Signature[] {
    const { node } = this;
    if (node.kind === "task") return [];
    const { tasks } = node.kind === "chord" ? node.header : node;
    return tasks.map((task) => new Signature(task, { app: this.#app }));
  }

  /** The id that its result will have, once it is frozen or set. */
  get id(): string | undefined {
    return this.node.options.taskId;
  }

  /** The app that it was made with. @throws {UnboundSignatureError} when there is none */
  get app(): App {
    if (this.#app === undefined) throw new UnboundSignatureError(String(this));
    return this.#app;
  }

  /** The app, if it was made with one. */
  get boundApp(): App | undefined {
    return this.#app;
  }

  /**
   * This, then `next` with the result in front of its arguments: Celery's `|`. A group becomes the header of a chord.
   * Does not compile when `next` does not take the result.
   */
  pipe<TNext, TNextHandle>(
    next: SignatureOf<[TResult], TNext, TNextHandle>,
  ): Signature<TTakes, TNext, TNextHandle> {
    return new Signature(compose(this.node, next.node), { app: this.#app ?? appOf(next) });
  }

  /** Sends it with these arguments in front. Settles when the broker has it. */
  delay(...args: TTakes): Promise<THandle> {
    return this.applyAsync(args);
  }

  /** Sends it with these arguments in front and these options on top. Settles when the broker has it. */
  async applyAsync(args?: TTakes, options?: CallOptions): Promise<THandle>;
  async applyAsync(args: readonly unknown[] = [], options: CallOptions = {}): Promise<THandle> {
    // A list that happens to be empty has no member to take the app from.
    const nothing = this.#app === undefined ? resultOfNothing(this.node) : undefined;
    return (nothing === undefined ? await this.app.send(this, args, options) : nothing) as THandle;
  }

  /** Runs it here and now, all of it, one task after the other: Celery's call of a signature. Sends nothing. */
  async apply(args?: TTakes, options?: CallOptions & { readonly throw?: boolean }): Promise<THandle>;
  async apply(
    args: readonly unknown[] = [],
    { throw: throws, kwargs, ...options }: CallOptions & { readonly throw?: boolean } = {},
  ): Promise<THandle> {
    const node = prependArgs(this.node, args, kwargs);
    const eager = { ...nodeOptions(options), ...(throws !== undefined && { throw: throws }) };
    return (await this.app.caller.applyCanvas(node, eager)) as THandle;
  }

  /** The same as `delay`, and waits for the value; `null` of an empty chain. */
  async run(...args: TTakes): Promise<TResult> {
    const handle = (await this.delay(...args)) as AsyncResult<TResult> | null;
    return handle === null ? (null as TResult) : handle.get();
  }

  /** The same call with arguments in front of its own, keyword arguments and options on top: a partial. */
  clone(
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: CallOptions = {},
  ): Signature<readonly unknown[], TResult, THandle> {
    const merged = mergeOptions(this.node.options, nodeOptions(options));
    return this.#with({ ...prependArgs(this.node, args, kwargs), options: merged });
  }

  /** The same call with other options on top. Of a group they are for every member, of a chain for its first step. */
  set(options: SignatureOptions): this {
    const { immutable, ...rest } = options;
    const node = setOptions(this.node, nodeOptions(rest));
    return this.#with(immutable === undefined ? node : setImmutable(node, immutable)) as unknown as this;
  }

  /** The same call, taking no arguments from its caller: of a group all members, of a chord its header. */
  setImmutable(immutable: boolean): Signature<readonly unknown[], TResult, THandle> {
    return this.#with(setImmutable(this.node, immutable));
  }

  /** The same call with arguments, keyword arguments or options replaced, not merged. */
  replace(parts: {
    readonly args?: readonly unknown[];
    readonly kwargs?: Readonly<Record<string, unknown>>;
    readonly options?: CallOptions;
  }): Signature<readonly unknown[], TResult, THandle> {
    const { args, kwargs, options } = parts;
    const node = { ...this.node, ...(options && { options: nodeOptions(options) }) };
    return this.#with(
      node.kind === "task" ? { ...node, ...(args && { args }), ...(kwargs && { kwargs }) } : node,
    );
  }

  /** The same call with arguments in front; an immutable one stays as it is. */
  withArgs(args: readonly unknown[]): Signature<readonly unknown[], TResult, THandle> {
    return this.#with(prependArgs(this.node, args));
  }

  /** The same with one more callback for its success, which gets the result. Of a chord it follows the body. */
  link(callback: SignatureOf<[TResult], unknown>): this {
    return this.#with(linkTo(this.node, callback.node)) as unknown as this;
  }

  /** The same with one more callback for its failure. Of a chain or a group it goes to every task in it. */
  linkError(errback: SignatureLike): this {
    const chordHeader = this.#app?.conf.taskAllowErrorCbOnChordHeader ?? false;
    return this.#with(linkErrorTo(this.node, embedded(errback), { chordHeader })) as unknown as this;
  }

  /** The same as {@link linkError}. */
  onError(errback: SignatureLike): this {
    return this.linkError(errback);
  }

  /**
   * The same with stamps on every task in it and on the callbacks it has by now: names and values that travel with them
   * and that workers can be told to revoke by. A visitor decides for each part.
   */
  stamp(stamps: Stamps | StampingVisitor, options: StampOptions = {}): this {
    const visitor = isVisitor(stamps) ? stamps : {};
    const wrap = (node: CanvasNode): Signature => new Signature(node, { app: this.#app });
    const stamper = new Stamper(visitor, options, wrap);
    return this.#with(stamper.stamp(this.node, isVisitor(stamps) ? {} : stamps)) as unknown as this;
  }

  /**
   * Gives every task in it its id, so that its results can be named before it is sent. Send the frozen one, and once:
   * twice would be two messages of one id.
   */
  async freeze(
    options: FreezeOptions = {},
  ): Promise<{ readonly signature: Signature<TTakes, TResult, THandle>; readonly result: THandle }> {
    const { app } = this;
    const { frozen } = await import("./frozen.ts");
    const { node, result } = frozen(this.node, { replyTo: await app.caller.replyTo(), ...options });
    return { signature: new Signature(node, { app }), result: app.resultFromTuple(result) as THandle };
  }

  /**
   * Has the workers elect one of them, which sends it. They do so where they hear of each other: on Redis and RabbitMQ.
   * Elections of Celery's workers are faulty: where there are some, name Q's as `destination`.
   */
  async election(options: ControlOptions = {}): Promise<THandle> {
    const { signature, result } = await this.freeze();
    const { id } = result as { readonly id: string };
    await this.app.control.election(id, "task", { ...options, action: signature.toJSON() });
    return result;
  }

  /** This signature and the callbacks below it, theirs included. */
  flattenLinks(): Signature[] {
    return flattenLinks(this.node).map((node) => new Signature(node, { app: this.#app }));
  }

  /** The form in which it travels. */
  toJSON(): SignatureJson {
    return nodeToJson(this.node);
  }

  /** Readable text, as Celery prints it. */
  toString(): string {
    return describe(this.node);
  }

  #with(node: CanvasNode): Signature<readonly unknown[], TResult, THandle> {
    const Class = this.constructor as new (
      node: CanvasNode,
      parts: SignatureParts,
    ) => Signature<readonly unknown[], TResult, THandle>;
    return new Class(node, { app: this.#app });
  }
}

/** The app of the first signature that has one. */
export function appOf(...signatures: readonly AnySignature[]): App | undefined {
  for (const signature of signatures) {
    if (signature instanceof Signature && signature.boundApp) return signature.boundApp;
  }
  return undefined;
}
