import { randomUUID } from "node:crypto";
import { asError, type Logger, sleep } from "@q/kernel";
import { type ChordStore, CHORD_CLAIM_MS, type ResultBackend, type StoredError } from "@q/backends";
import { type App, ChordError, type SignatureJson, type TaskRequest } from "@q/core";
import { type TaskContext, TaskRequest as Request } from "@q/core/internal";
import { chordValues, type ChordValues } from "./chord-values.ts";
import { callErrbacks } from "./errbacks.ts";
import { dependencyFailed, type FailedEnd, failedEnd, unrunMeta } from "./failed-end.ts";
import { errbacksOf, leavesOf, signaturesIn, type SignatureLeaf, taskIdsIn } from "./signature-leaves.ts";

/** How often it is asked whether another attempt to settle a chord has come to an end. */
const POLL_MS = CHORD_CLAIM_MS / 20;
/** A claim is prolonged well before it lapses. */
const RENEW_MS = CHORD_CLAIM_MS / 4;

/** What a {@link Workflow} works with. */
export interface WorkflowParts {
  readonly app: App;
  readonly backend: ResultBackend | undefined;
  readonly logger: Logger;
}

/** A member of a chord. */
interface Member {
  readonly groupId: string;
  readonly groupIndex: number | undefined;
  readonly taskId: string;
  /** Signature of the body. */
  readonly chord: SignatureJson;
}

/** How a member ended. */
type MemberEnd = { readonly status: "SUCCESS"; readonly result: unknown } | FailedEnd;

/** How a chord failed. */
interface ChordFailure extends FailedEnd {
  /** Error of the member that failed first. */
  readonly origin?: StoredError;
}

/** Who settles a chord. */
interface Claim {
  readonly groupId: string;
  readonly attempt: string;
  /** An earlier attempt may have got half-way. */
  readonly isTakenOver: boolean;
}

/**
 * What the end of a task means for the chain and the chords around it: each member of a chord counts once, the body is
 * sent once, and whatever will never run because of a failure is stored as failed, so that nobody waits for it.
 *
 * @see celery/backends/base.py, mark_as_done, mark_as_failure and chord_error_from_stack
 */
export class Workflow {
  readonly #parts: WorkflowParts;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
  }

  get app(): App {
    return this.#parts.app;
  }

  /** The task has succeeded and its result is stored. */
  async succeeded(context: TaskContext, value: unknown): Promise<void> {
    const member = memberOf(context.request);
    if (member) await this.#count(member, { status: "SUCCESS", result: value ?? null }, context);
  }

  /** The task has ended for good without success, and that is stored: so have the rest of its chain and its chord. */
  async failed(context: TaskContext, end: FailedEnd): Promise<void> {
    const { request } = context;
    const member = memberOf(request);
    if (member) await this.#count(member, end, context);
    await this.#failUnrun(request.chain.toReversed(), end, context);
  }

  /** Sends the body of a chord whose results were looked up one by one, or tells of its failure. */
  async settleJoined(body: SignatureJson, values: ChordValues, context: TaskContext): Promise<void> {
    if (context.request.deliveryInfo.redelivered && (await this.#hasBegun(body))) return;
    await this.#conclude(body, values, context);
  }

  /** Ends a chord as failed that nobody counts. */
  async settleFailed(body: SignatureJson, error: Error, context: TaskContext): Promise<void> {
    await this.#failBody(body, failedEnd(error), context);
  }

  /** Ends a chord as failed unless it has come to its end. */
  async endUnfinished(
    chord: { groupId: string; body: SignatureJson },
    error: Error,
    context: TaskContext,
  ): Promise<void> {
    const { groupId, body } = chord;
    const store = this.#parts.backend?.chords;
    const attempt = randomUUID();
    if (store === undefined || (await store.take(groupId, attempt)) !== "last") return;
    await this.#whileClaimed(store, { groupId, attempt, isTakenOver: true }, async () => {
      await this.#failBody(body, failedEnd(error), context);
    });
  }

  async #count(member: Member, end: MemberEnd, context: TaskContext): Promise<void> {
    const store = this.#parts.backend?.chords;
    if (store === undefined) return;
    const { groupId, groupIndex, taskId, chord } = member;
    const attempt = randomUUID();
    const outcome =
      end.status === "SUCCESS"
        ? { status: end.status, result: end.result }
        : { status: end.status, result: null, error: end.stored };
    const part = { groupId, groupIndex, taskId, ...outcome };
    let progress = await store.part(part, attempt);
    let isTakenOver = context.request.deliveryInfo.redelivered;
    while (progress === "taken") {
      isTakenOver = true;
      await sleep(POLL_MS, { clock: this.#parts.app.clock });
      progress = await store.part(part, attempt);
    }
    if (progress !== "last") return;
    const claim = { groupId, attempt, isTakenOver };
    await this.#whileClaimed(store, claim, () => this.#settle(store, { claim, body: chord, context }));
  }

  /** Keeps the claim while `settle` works; then, unless it found the chord not to be complete, the chord is over. */
  async #whileClaimed(store: ChordStore, claim: Claim, settle: () => Promise<boolean | void>): Promise<void> {
    const { groupId, attempt } = claim;
    const { logger } = this.#parts;
    const renewing = setInterval(() => {
      store.renew(groupId, attempt).catch((err: unknown) => {
        logger.warn({ err, groupId }, "the claim on a chord could not be prolonged");
      });
    }, RENEW_MS);
    try {
      if ((await settle()) !== false) await store.end(groupId);
    } finally {
      clearInterval(renewing);
    }
  }

  /** False when members are missing after all. */
  async #settle(
    store: ChordStore,
    chord: { readonly claim: Claim; readonly body: SignatureJson; readonly context: TaskContext },
  ): Promise<boolean> {
    const { claim, body, context } = chord;
    if (claim.isTakenOver && (await this.#hasBegun(body))) return true;
    let values: ChordValues;
    try {
      const parts = await store.parts(claim.groupId);
      if (parts === undefined) return false;
      const { app, backend } = this.#parts;
      values = await chordValues(claim.groupId, parts, { app, backend: backend as ResultBackend });
    } catch (thrown) {
      await this.#failBody(body, failedEnd(joinError(thrown)), context);
      return true;
    }
    await this.#conclude(body, values, context);
    return true;
  }

  /** An attempt that died after it had sent the body has left a trace when the body has begun or ended. */
  async #hasBegun(body: SignatureJson): Promise<boolean> {
    const ids = taskIdsIn(body);
    const metas = ids.length > 0 ? await this.#parts.backend?.get(ids) : [];
    return metas?.some((meta) => meta !== undefined) ?? false;
  }

  async #conclude(body: SignatureJson, outcome: ChordValues, context: TaskContext): Promise<void> {
    if ("failed" in outcome) {
      const { taskId, error } = outcome.failed;
      const end = failedEnd(dependencyFailed(taskId, error));
      return this.#failBody(body, { ...end, ...(error && { origin: error }) }, context);
    }
    const { app, logger } = this.#parts;
    const { request } = context;
    const { root_id: rootId } = body.options;
    try {
      await app.send(body, [outcome.values], {
        parentId: request.id,
        rootId: typeof rootId === "string" ? rootId : request.rootId,
        addToParent: false,
      });
    } catch (thrown) {
      const err = asError(thrown);
      logger.error({ err, taskId: body.options["task_id"] }, "the body of a chord could not be sent");
      await this.#failBody(
        body,
        failedEnd(new ChordError(`Callback error: ${String(err)}`, { cause: err })),
        context,
      );
    }
  }

  /** The members of a body that is a group get the error of the header itself, as in Celery. */
  async #failBody(body: SignatureJson, failure: ChordFailure, context: TaskContext): Promise<void> {
    const { origin, ...end } = failure;
    if (body.subtask_type === "chord") {
      const [inner] = signaturesIn(body.kwargs["body"]);
      // What follows the chord in a chain travels in the options of the chord itself.
      const chain = [body, inner].flatMap((one) => signaturesIn(one?.options["chain"]));
      return inner && this.#failBody({ ...inner, options: { ...inner.options, chain } }, failure, context);
    }
    if (body.subtask_type === "group") {
      const first = { ...end, stored: origin ?? end.stored };
      const shared = signaturesIn(body.options["link_error"]);
      for (const task of signaturesIn(body.kwargs["tasks"])) {
        await this.#tellErrbacks(
          { signature: task, errbacks: [...shared, ...errbacksOf(task)] },
          first,
          context,
        );
      }
      return this.#failUnrun([body], first, context);
    }
    await this.#tellErrbacks({ signature: body, errbacks: errbacksOf(body) }, end, context);
    await this.#failUnrun([body], end, context);
  }

  async #tellErrbacks(
    unrun: { readonly signature: SignatureJson; readonly errbacks: readonly SignatureJson[] },
    { error, traceback }: FailedEnd,
    context: TaskContext,
  ): Promise<void> {
    const { signature, errbacks } = unrun;
    if (errbacks.length === 0) return;
    const request = unrunRequest(signature, context);
    try {
      await callErrbacks(errbacks, { request, error, traceback }, context);
    } catch (err) {
      this.#parts.logger.error({ err, taskId: request.id }, "an error callback of a chord failed");
    }
  }

  /** Steps in the order in which they would have run; only the last one may be a member of a chord. */
  async #failUnrun(steps: readonly SignatureJson[], end: FailedEnd, context: TaskContext): Promise<void> {
    const { app, backend } = this.#parts;
    const last = steps.at(-1);
    for (const step of steps) {
      for (const leaf of leavesOf(step)) {
        if (leaf.taskId === undefined) continue;
        const { meta, reply } = unrunMeta(leaf.taskId, end, { app, leaf });
        const replyTo = reply.replyTo ?? context.request.replyTo;
        await backend?.store(meta, { ...reply, replyTo });
        const member = step === last ? memberOfLeaf(leaf) : undefined;
        if (member) await this.#count(member, end, context);
      }
    }
  }
}

function memberOf(request: TaskRequest): Member | undefined {
  const { chord, group: groupId, groupIndex, id: taskId } = request;
  return chord && groupId !== undefined ? { chord, groupId, groupIndex, taskId } : undefined;
}

function memberOfLeaf({ chord, groupId, groupIndex, taskId }: SignatureLeaf): Member | undefined {
  if (chord === undefined || groupId === undefined || taskId === undefined) return undefined;
  return { chord, groupId, groupIndex, taskId };
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

function joinError(thrown: unknown): ChordError {
  const cause = asError(thrown);
  return new ChordError(`Join error: ${String(cause)}`, { cause });
}
