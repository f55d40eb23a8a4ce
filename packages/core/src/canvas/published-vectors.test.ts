import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { OutgoingTask } from "../protocol/task-message.ts";
import { taskBody } from "../protocol/task-message.ts";
import { build, type Recipe } from "./recipe.fixture.ts";
import { recordingApp } from "./recording-app.fixture.ts";

interface PublishedByCelery {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly queue: string;
  readonly properties: {
    readonly delivery_info: { readonly routing_key: string };
    readonly priority: number;
  };
}

const file = new URL("../../../../test-integration/vectors/signatures.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly cases: readonly {
    readonly name: string;
    readonly recipe: Recipe;
    readonly published: readonly PublishedByCelery[];
  }[];
};

type Json = Readonly<Record<string, unknown>>;

/**
 * Makes messages comparable: ids are numbered by their first appearance, what is empty is left out, and so is what a
 * chord inside a message says twice, in Celery's form: every member of its header carries its body.
 */
class Canon {
  readonly #ids = new Map<string, string>();

  of(value: unknown, inHeader = false): unknown {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((one) => this.of(one, inHeader));
    if (!isRecord(value)) return value;
    const entries = Object.entries(value)
      .filter(([key, one]) => key !== "reply_to" && one !== null && !(key === "chain" && isEmptyList(one)))
      .filter(([key]) => !(inHeader && key === "chord"))
      .toSorted(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries.map(([key, one]) => [key, this.of(one, inHeader || key === "header")]));
  }

  #text(value: string): string {
    if (!/^(#\d+|[0-9a-f]{8}-[0-9a-f-]{27})$/.test(value)) return value;
    const known = this.#ids.get(value) ?? `id${this.#ids.size + 1}`;
    this.#ids.set(value, known);
    return known;
  }
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function ours(task: OutgoingTask): unknown {
  const { name, id, rootId, parentId, groupId, groupIndex, priority } = task;
  return {
    body: JSON.parse(JSON.stringify(taskBody(task))) as unknown,
    headers: {
      task: name,
      id,
      root_id: rootId,
      parent_id: parentId,
      group: groupId ?? null,
      group_index: groupIndex ?? null,
      ignore_result: task.ignoreResult ?? false,
      timelimit: [task.timeLimit ?? null, task.softTimeLimit ?? null],
      shadow: task.shadow ?? null,
    },
    priority: priority ?? 0,
  };
}

function theirs({ headers, body, properties }: PublishedByCelery): unknown {
  const { task, id, root_id, parent_id, group, group_index, ignore_result, timelimit, shadow } = headers;
  return {
    body,
    headers: { task, id, root_id, parent_id, group, group_index, ignore_result, timelimit, shadow },
    priority: properties.priority,
  };
}

/** A group directly in a group or in a header: Celery numbers its members anew, or in reverse, and we in their order. */
function nestsGroups(recipe: Recipe): boolean {
  const members = [...(recipe.group ?? []), ...(recipe.chord ?? [])];
  const parts = [...members, ...(recipe.pipe ?? []), ...(recipe.chain ?? [])];
  if (recipe.body) parts.push(recipe.body);
  return members.some(({ group }) => group !== undefined) || parts.some(nestsGroups);
}

/** The same messages whatever their order, without ids and places. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const parts = value.map(unordered);
    return parts.every(isRecord) ? parts.map((part) => JSON.stringify(part)).toSorted() : parts;
  }
  if (!isRecord(value)) return typeof value === "string" && /^id\d+$/.test(value) ? "id" : value;
  const entries = Object.entries(value).filter(([key]) => key !== "group_index");
  return Object.fromEntries(entries.map(([key, one]) => [key, unordered(one)]));
}

/** What follows a chord whose body ends in a group runs once per member there, and once here, with all of their results. */
const groupsInFront: ReadonlySet<string> = new Set(["random-106"]);

describe("messages of workflows that Celery recorded", () => {
  it.each(cases.filter(({ name }) => !groupsInFront.has(name)))(
    "$name sends the same",
    async ({ recipe, published }) => {
      const { app, sent } = recordingApp();
      await using _ = app;
      const signature = build(recipe, app);
      await (recipe.chunks ? signature.applyAsync() : app.send(signature));

      const [actual, expected] = [new Canon().of(sent.map(ours)), new Canon().of(published.map(theirs))];
      // Celery's were read queue by queue.
      const queues = new Set(published.map(({ queue }) => queue));
      const compared = nestsGroups(recipe) || queues.size > 1 ? unordered : (same: unknown): unknown => same;
      expect(compared(actual)).toEqual(compared(expected));
    },
  );
});
