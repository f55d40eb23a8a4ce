import { randomUUID } from "node:crypto";
import { asError, type Logger } from "@q/kernel";
import type { ChordStore, ResultBackend } from "@q/backends";
import { type App, ChordError, type SignatureJson } from "@q/core";
import { messageKey, sendSignature, type TaskContext } from "@q/core/internal";
import { type Claim, untilClear, whileClaimed } from "./chord-claim.ts";
import { chordValues, type ChordValues } from "./chord-values.ts";
import { dependencyFailed, type FailedEnd, failedEnd } from "./failed-end.ts";
import { type Member, type MemberEnd, memberOf } from "./member.ts";
import { firstTasksOf } from "./signature-leaves.ts";
import { type ChordFailure, type Settler, Unrun } from "./unrun.ts";

/** The "attempt" that stands for a body that must not run any more, because the chord has failed. */
const WITHHELD = "withheld";

/** What a {@link Workflow} works with. */
export interface WorkflowParts {
  readonly app: App;
  readonly backend: ResultBackend | undefined;
  readonly logger: Logger;
}

/** A chord all of whose members have ended. */
interface Complete {
  readonly claim: Claim;
  readonly body: SignatureJson;
  readonly context: TaskContext;
  /** An earlier attempt may have got half-way. */
  readonly isTakenOver: boolean;
}

/**
 * What the end of a task means for the chain and the chords around it: each member of a chord counts once, the body
 * runs once, and whatever will never run because of a failure is stored as failed, so that nobody waits for it.
 *
 * A worker may die anywhere in between. Then the next delivery of the member, if its task is acknowledged late, takes
 * the chord over and does all of it again: messages of an attempt are marked, and workers run one copy of each.
 *
 * @see celery/backends/base.py, mark_as_done, mark_as_failure and chord_error_from_stack
 */
export class Workflow {
  readonly #parts: WorkflowParts;
  readonly #unrun: Unrun;

  constructor(parts: WorkflowParts) {
    this.#parts = parts;
    this.#unrun = new Unrun({ ...parts, count: (...ended) => this.#count(...ended) });
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
    await this.#unrun.failSteps(request.chain.toReversed(), end, context);
  }

  /** Sends the body of a chord whose results were looked up one by one, or tells of its failure. */
  async settleJoined(body: SignatureJson, values: ChordValues, context: TaskContext): Promise<void> {
    if (await this.#hasBegun(body)) return;
    await this.#conclude(body, values, { context });
  }

  /** Ends a chord as failed that nobody counts. */
  async settleFailed(body: SignatureJson, error: Error, context: TaskContext): Promise<void> {
    await this.#unrun.failBody(body, failedEnd(error), { context });
  }

  /** Ends a chord as failed unless it has come to its end. */
  async endUnfinished(
    chord: { groupId: string; body: SignatureJson },
    error: Error,
    context: TaskContext,
  ): Promise<void> {
    const { groupId, body } = chord;
    const { app, backend, logger } = this.#parts;
    const store = backend?.chords;
    if (store === undefined) return;
    const attempt = randomUUID();
    const { progress } = await untilClear(() => store.take(groupId, attempt), app);
    if (progress !== "last") return;
    await whileClaimed({ groupId, attempt }, { store, logger }, async () => {
      // A member may have sent the body and died.
      await this.#failUnlessBegun(body, failedEnd(error), { context, once: { key: groupId, attempt } });
    });
  }

  async #count(member: Member, end: MemberEnd, context: TaskContext): Promise<void> {
    const { app, backend, logger } = this.#parts;
    const store = backend?.chords;
    if (store === undefined) return;
    const { groupId, groupIndex, taskId, chord } = member;
    const attempt = randomUUID();
    const outcome =
      end.status === "SUCCESS"
        ? { status: end.status, result: end.result }
        : { status: end.status, result: null, error: end.stored };
    const part = { groupId, groupIndex, taskId, ...outcome };
    const { progress, hasWaited } = await untilClear(() => store.part(part, attempt), app);
    if (progress !== "last") return;
    const claim = { groupId, attempt };
    const isTakenOver = hasWaited || context.request.deliveryInfo.redelivered;
    await whileClaimed(claim, { store, logger }, () =>
      this.#settle(store, { claim, body: chord, context, isTakenOver }),
    );
  }

  /** False when members are missing after all. */
  async #settle(store: ChordStore, chord: Complete): Promise<boolean> {
    const { claim, body, context, isTakenOver } = chord;
    const settler = { context, once: { key: claim.groupId, attempt: claim.attempt } };
    let values: ChordValues;
    try {
      const parts = await store.parts(claim.groupId);
      if (parts === undefined) return false;
      const { app, backend } = this.#parts;
      values = await chordValues(claim.groupId, parts, { app, backend: backend as ResultBackend });
    } catch (thrown) {
      await this.#failUnlessBegun(body, failedEnd(joinError(thrown)), settler);
      return true;
    }
    if (isTakenOver && "values" in values) {
      if ((await store.begunBy(messageKey(claim.groupId))) === WITHHELD) {
        const error = new ChordError("Callback error: it could not be sent");
        await this.#unrun.failBody(body, failedEnd(error), settler);
        return true;
      }
      if (await this.#hasBegun(body)) return true;
    }
    await this.#conclude(body, values, settler);
    return true;
  }

  /** All of it, as far as its results say: workers of Python tell no more. */
  async #hasBegun(body: SignatureJson): Promise<boolean> {
    const ids = firstTasksOf(body).flatMap(({ taskId }) => taskId ?? []);
    if (ids.length === 0) return false;
    const metas = await this.#parts.backend?.get(ids);
    return metas?.every((meta) => meta !== undefined) ?? false;
  }

  async #conclude(body: SignatureJson, outcome: ChordValues, settler: Settler): Promise<void> {
    if ("failed" in outcome) {
      const { taskId, error } = outcome.failed;
      const end = failedEnd(dependencyFailed(taskId, error));
      return this.#unrun.failBody(body, { ...end, ...(error && { origin: error }) }, settler);
    }
    const { app, logger } = this.#parts;
    const { context, once } = settler;
    const { root_id: root } = body.options;
    const rootId = typeof root === "string" ? root : context.request.rootId;
    const options = { parentId: context.request.id, rootId, addToParent: false };
    try {
      await sendSignature(app, body, { args: [outcome.values], options, once });
    } catch (thrown) {
      const err = asError(thrown);
      logger.error({ err, taskId: body.options["task_id"] }, "the body of a chord could not be sent");
      const error = new ChordError(`Callback error: ${String(err)}`, { cause: err });
      await this.#failUnlessBegun(body, failedEnd(error), settler);
    }
  }

  /** For chords whose body may be in a queue: from now on it does not begin any more. */
  async #failUnlessBegun(body: SignatureJson, failure: ChordFailure, settler: Settler): Promise<void> {
    const { once } = settler;
    const store = this.#parts.backend?.chords;
    if (once && store && !(await store.begin(messageKey(once.key), WITHHELD))) return;
    await this.#unrun.failBody(body, failure, settler);
  }
}

function joinError(thrown: unknown): ChordError {
  const cause = asError(thrown);
  return new ChordError(`Join error: ${String(cause)}`, { cause });
}
