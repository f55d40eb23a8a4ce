import type { Logger } from "@q/kernel";
import type { ResultBackend, StoredError } from "@q/backends";
import type { App, SignatureJson, TaskRequest } from "@q/core";
import { type Once, type TaskContext, TaskRequest as Request } from "@q/core/internal";
import { callErrbacks } from "./errbacks.ts";
import { type FailedEnd, unrunMeta } from "./failed-end.ts";
import { type Member, memberOfLeaf } from "./member.ts";
import { errbacksOf, leavesOf, signaturesIn } from "./signature-leaves.ts";

/** How a chord failed. */
export interface ChordFailure extends FailedEnd {
  /** Error of the member that failed first. */
  readonly origin?: StoredError;
}

/** In whose name a chord is settled. */
export interface Settler {
  /** The task whose end it is, or that looks after the chord. */
  readonly context: TaskContext;
  /** Marks what is sent, where the backend can tell copies of another attempt from it. */
  readonly once?: Once | undefined;
}

/** What {@link Unrun} works with. */
export interface UnrunParts {
  readonly app: App;
  readonly backend: ResultBackend | undefined;
  readonly logger: Logger;
  /** Tells the chord around it that a member has ended. */
  readonly count: (member: Member, end: FailedEnd, context: TaskContext) => Promise<void>;
}

/** Gives an end to what will never run because something before it has failed, so that nobody waits for it. */
export class Unrun {
  readonly #parts: UnrunParts;

  constructor(parts: UnrunParts) {
    this.#parts = parts;
  }

  /** Steps in the order in which they would have run; only the last one may be a member of a chord. */
  async failSteps(steps: readonly SignatureJson[], end: FailedEnd, context: TaskContext): Promise<void> {
    const { app, backend, count } = this.#parts;
    const last = steps.at(-1);
    for (const step of steps) {
      for (const leaf of leavesOf(step)) {
        if (leaf.taskId === undefined) continue;
        const { meta, reply } = unrunMeta(leaf.taskId, end, { app, leaf });
        const replyTo = reply.replyTo ?? context.request.replyTo;
        await backend?.store(meta, { ...reply, replyTo });
        const member = step === last ? memberOfLeaf(leaf) : undefined;
        if (member) await count(member, end, context);
      }
    }
  }

  /** The body of a chord. The members of one that is a group get the error of the header itself, as in Celery. */
  async failBody(body: SignatureJson, failure: ChordFailure, settler: Settler): Promise<void> {
    const { origin, ...end } = failure;
    if (body.subtask_type === "chord") {
      const [inner] = signaturesIn(body.kwargs["body"]);
      // What follows the chord in a chain travels in the options of the chord itself.
      const chain = [body, inner].flatMap((one) => signaturesIn(one?.options["chain"]));
      return inner && this.failBody({ ...inner, options: { ...inner.options, chain } }, failure, settler);
    }
    if (body.subtask_type === "group") {
      const first = { ...end, stored: origin ?? end.stored };
      const shared = signaturesIn(body.options["link_error"]);
      for (const task of signaturesIn(body.kwargs["tasks"])) {
        await this.#tellErrbacks(
          { signature: task, errbacks: [...shared, ...errbacksOf(task)] },
          first,
          settler,
        );
      }
      return this.failSteps([body], first, settler.context);
    }
    await this.#tellErrbacks({ signature: body, errbacks: errbacksToTell(body) }, end, settler);
    await this.failSteps([body], end, settler.context);
  }

  async #tellErrbacks(
    unrun: { readonly signature: SignatureJson; readonly errbacks: readonly SignatureJson[] },
    { error, traceback }: FailedEnd,
    { context, once }: Settler,
  ): Promise<void> {
    const { signature, errbacks } = unrun;
    if (errbacks.length === 0) return;
    const request = unrunRequest(signature, context);
    try {
      const own = once && { ...once, key: `${once.key}/${request.id}` };
      await callErrbacks(errbacks, { request, error, traceback, once: own }, context);
    } catch (err) {
      this.#parts.logger.error({ err, taskId: request.id }, "an error callback of a chord failed");
    }
  }
}

/**
 * Of a chord inside a chord, those that the chord around it does not tell as well: it fails too. Celery, where it does
 * not, has the error callbacks of the whole stand on the bodies of both.
 */
function errbacksToTell(body: SignatureJson): SignatureJson[] {
  const around = leavesOf(body).at(-1)?.chord;
  const errbacks = errbacksOf(body);
  if (around === undefined || errbacks.length === 0) return errbacks;
  const told = new Set(errbacksOf(around).map((errback) => JSON.stringify(errback)));
  return errbacks.filter((errback) => !told.has(JSON.stringify(errback)));
}

/** A request for what will never run, made of all that is known about it, for those who are told. */
function unrunRequest(signature: SignatureJson, { request }: TaskContext): TaskRequest {
  const last = leavesOf(signature).at(-1);
  const id = last?.taskId ?? request.id;
  const unrun = new Request({
    headers: {
      id,
      task: signature.task,
      root_id: request.rootId,
      parent_id: request.id,
      group: last?.groupId ?? null,
    },
    properties: {},
    deliveryInfo: request.deliveryInfo,
    hostname: request.hostname,
  });
  unrun.args = signature.args;
  unrun.kwargs = signature.kwargs;
  return unrun;
}
