import type { App } from "../app/app.ts";
import { ChordsUnsupportedError, InvalidCanvasError } from "../errors.ts";
import type { TaskRequest } from "../tasks/task-request.ts";
import type { CanvasNode } from "./node.ts";
import { membership, tieTo } from "./replace.ts";

/**
 * A signature as one more member of the chord that a running task is a member of. The chord waits for it from now on.
 *
 * @throws {InvalidCanvasError} when the task is a member of none
 * @throws {ChordsUnsupportedError} when the backend does not count members
 * @see celery/app/task.py, Task.add_to_chord
 */
export async function joinChord(app: App, node: CanvasNode, request: TaskRequest): Promise<CanvasNode> {
  if (request.chord === undefined || request.group === undefined) {
    throw new InvalidCanvasError(
      `the task ${request.task} is not a member of a chord: there is none to add to`,
    );
  }
  const backend = await app.backend();
  if (backend.chords === undefined) {
    throw new ChordsUnsupportedError(
      `the result backend ${backend.asUri()} does not count the members of chords: none can be added.`,
    );
  }
  const member = tieTo(node, { ...membership(request), taskId: node.options.taskId ?? crypto.randomUUID() });
  await backend.chords.grow(request.group);
  return member;
}
