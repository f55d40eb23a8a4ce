import type { App } from "../app/app.ts";
import { ChordsUnsupportedError, InvalidCanvasError, MessageTooLargeError } from "../errors.ts";
import { resultFromTuple } from "../results/result-from-tuple.ts";
import type { ResultHandle } from "../results/result-handle.ts";
import { sendingTask } from "../tasks/task-context.ts";
import { draftOf } from "./draft.ts";
import { expand } from "./expand.ts";
import { linkErrorTo, linkTo } from "./links.ts";
import type { CanvasNode, ChordLooks, Embedded, NodeOptions } from "./node.ts";
import { NodeWriter } from "./node-json.ts";
import { callOptions } from "./node-options.ts";
import { type Once, withOnce } from "./once.ts";
import { type OpenedChord, Outbox, type OutgoingCall } from "./outbox.ts";
import { firstOf, tupleOf } from "./result-node.ts";

/** Enough messages for one round trip to the broker not to be felt. */
const SENT_AT_ONCE = 1000;

/**
 * Sends a workflow: every message that can go now; later steps travel inside them. Settles when the broker
 * has all of them, with the result of the last step, or `null` when there was nothing to send. `once` marks them.
 *
 * @throws {ChordsUnsupportedError} {@link MessageTooLargeError} before anything is sent
 */
export async function sendCanvas(
  app: App,
  node: CanvasNode,
  options: NodeOptions & { readonly once?: Once | undefined },
): Promise<ResultHandle | null> {
  const { addToParent = true, link, linkError, once, ...rest } = options;
  const linked = withCallbacks(app, node, { link, linkError });
  const outbox = new Outbox(await app.caller.replyTo());
  const result = outbox.add(draftOf(expand(linked)), rest);
  if (result === undefined) return null;
  const writer = new NodeWriter();
  app.caller.checkAll(outbox.calls);
  refuseTooLarge(app, outbox.calls, writer);
  await openChords(app, outbox.chords, writer);
  await sendCalls(app, outbox.calls, { writer, once });
  const handle = resultFromTuple(tupleOf(result), app);
  if (addToParent) sendingTask()?.addTrail(resultFromTuple(tupleOf(firstOf(result)), app));
  return handle;
}

/** A part of a workflow is made and sent at a time: a client that sends 100,000 messages need not hold all of them. */
async function sendCalls(
  app: App,
  calls: OutgoingCall[],
  { writer, once }: { readonly writer: NodeWriter; readonly once: Once | undefined },
): Promise<void> {
  for (let from = 0; from < calls.length; from += SENT_AT_ONCE) {
    const part = calls.slice(from, from + SENT_AT_ONCE).map(({ task, args, kwargs, options }, index) => ({
      name: task,
      args,
      options: {
        ...callOptions(options, writer),
        kwargs,
        ...(once && { headers: withOnce(options.headers, once, from + index) }),
      },
    }));
    await app.caller.sendAll(part);
  }
}

/** What follows a message travels in it; looked at before the first one is sent, since a half sent chord never ends. */
function refuseTooLarge({ conf }: App, calls: readonly OutgoingCall[], writer: NodeWriter): void {
  const limit = conf.taskMessageMaxBytes ?? Infinity;
  if (limit === Infinity) return;
  const lengths = new Map<Embedded, number>();
  const lengthOf = (signature: Embedded): number => {
    const length = lengths.get(signature) ?? JSON.stringify(writer.write(signature)).length;
    lengths.set(signature, length);
    return length;
  };
  for (const { task, options } of calls) {
    const { chord, chain = [] } = options;
    const embedded = chord ? [...chain, chord] : chain;
    const bytes = embedded.reduce((sum, one) => sum + lengthOf(one), 0);
    if (bytes > limit) throw new MessageTooLargeError(task, { bytes, limit });
  }
}

/** Callbacks of the call, where they belong. @throws {InvalidCanvasError} for a group */
export function withCallbacks(
  app: App,
  node: CanvasNode,
  { link = [], linkError = [] }: { link: NodeOptions["link"]; linkError: NodeOptions["linkError"] },
): CanvasNode {
  if (node.kind === "group" && link.length + linkError.length > 0) {
    throw new InvalidCanvasError("a group takes no link: link its members, or make it a chord with a body");
  }
  const chordHeader = app.conf.taskAllowErrorCbOnChordHeader;
  const linked = link.reduce<CanvasNode>(linkTo, node);
  return linkError.reduce<CanvasNode>((one, errback) => linkErrorTo(one, errback, { chordHeader }), linked);
}

/** The backend hears of chords before their members can end. */
async function openChords(app: App, chords: readonly OpenedChord[], writer: NodeWriter): Promise<void> {
  if (chords.length === 0) return;
  const backend = await app.backend();
  if (backend.capabilities.chords === "none") {
    throw new ChordsUnsupportedError(
      `the result backend ${backend.asUri()} cannot end a chord. Set another result_backend, such as redis:// or sqlite://.`,
    );
  }
  const open = async (chord: OpenedChord): Promise<void> => {
    const { groupId, size, header } = chord;
    // Members that are groups themselves: how results nest is not to be seen from the members' ends.
    if (header.children?.some(({ children }) => children)) await backend.groups.save(tupleOf(header));
    await (backend.chords?.setSize(groupId, size) ?? sendUnlock(app, chord, writer));
    if (backend.chords && app.conf.resultChordDeadline !== null) await sendDeadline(app, chord, writer);
  };
  // Side by side: a chord of chords would wait for the backend once for each.
  await Promise.all(chords.map(open));
}

/** A task that looks from time to time whether all members have ended, for backends that cannot count. */
async function sendUnlock(
  app: App,
  { groupId, header, body, countdown = 1, looks }: OpenedChord,
  writer: NodeWriter,
): Promise<void> {
  const { queue, priority } = body.options;
  await app.sendTask("celery.chord_unlock", [groupId, writer.write(body)], {
    kwargs: { result: header.children?.map(tupleOf) ?? [], ...lookOptions(app, looks) },
    countdown,
    addToParent: false,
    ...(queue !== undefined && { queue }),
    ...(priority !== undefined && { priority }),
  });
}

/** By default as many looks as the deadline leaves time for. */
function lookOptions({ conf }: App, looks: ChordLooks = {}): Readonly<Record<string, unknown>> {
  const { resultChordDeadline: deadline, resultChordRetryInterval } = conf;
  const { interval = resultChordRetryInterval } = looks;
  const inTime = deadline === null ? undefined : Math.ceil(deadline / Math.max(interval, 0.001));
  const maxRetries = looks.maxRetries ?? inTime;
  return {
    ...(looks.interval !== undefined && { interval }),
    ...(maxRetries !== undefined && { max_retries: maxRetries }),
  };
}

/** A task that ends the chord as failed when its time is over, unless it has ended by then. */
async function sendDeadline(app: App, { groupId, body }: OpenedChord, writer: NodeWriter): Promise<void> {
  const seconds = app.conf.resultChordDeadline ?? 0;
  const { queue } = body.options;
  await app.sendTask("celery.chord_deadline", [groupId, writer.write(body), seconds], {
    countdown: seconds,
    ignoreResult: true,
    addToParent: false,
    ...(queue !== undefined && { queue }),
  });
}
