import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { createApp, type PublishMiddleware } from "@q/core";
import { Worker } from "@q/worker";
import type { Redis } from "ioredis";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { registerRecordedTasks } from "./recorded-tasks.ts";

type Json = Readonly<Record<string, unknown>>;

/** A workflow that Celery's client has sent and Celery's worker has run. */
interface Recording {
  readonly name: string;
  /** What reached Redis, in order: database, then the command with its arguments. */
  readonly commands: readonly { readonly db: "broker" | "backend"; readonly cmd: readonly string[] }[];
  /** What was there in the end. */
  readonly backend_keys: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>;
}

const file = new URL("../vectors/workflows_redis.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { readonly cases: readonly Recording[] };

/** Settings of the recordings whose name says so. */
const settingsOf: Readonly<Record<string, Json>> = {
  "expires_none_persistent/chord": { resultExpires: null },
  "keyprefix/chord": { resultBackendTransportOptions: { global_keyprefix: "myapp" } },
  "unordered_chord/chord": { resultBackendTransportOptions: { result_chord_ordered: false } },
  "inherit_priority/chain": { taskInheritParentPriority: true },
};

/** A member is in a queue that nobody consumes: the counters stay as they are. A chord that has ended leaves none here. */
const isHalfDone = (name: string): boolean => /half_done|\/chord$/.test(name);

interface Sent {
  readonly headers: Json;
  readonly properties: Json;
  readonly body: unknown;
}

/** The message in an envelope of kombu. */
function opened([, , envelope]: readonly string[]): Sent {
  const message = JSON.parse(envelope ?? "") as Sent & { body: string };
  return { ...message, body: JSON.parse(Buffer.from(message.body, "base64").toString()) as unknown };
}

/** What the client did, and what the worker sent. */
function split({ commands }: Recording) {
  const first = commands.find(({ db }) => db === "broker");
  const client = first && opened(first.cmd).headers["origin"];
  const isClients = ({ headers }: Sent): boolean => headers["origin"] === client && headers["retries"] === 0;
  const pushes = commands.filter(({ db }) => db === "broker");
  const [ofClient, byWorker] = [isClients, (sent: Sent) => !isClients(sent)].map((is) =>
    pushes.map(({ cmd }) => opened(cmd)).filter(is),
  ) as [Sent[], Sent[]];
  // Size of a chord, or a saved group; a worker writes the same for chords inside of one.
  const groups = ofClient.map(({ headers }) => headers["group"]).filter((id) => typeof id === "string");
  const isGroups = (key = ""): boolean => groups.some((id) => key.endsWith(id) || key.endsWith(`${id}.s`));
  const byClient = commands.filter(({ db, cmd }) =>
    db === "broker" ? isClients(opened(cmd)) : (cmd[0] ?? "").startsWith("SET") && isGroups(cmd[1]),
  );
  return { ofClient, byClient, byWorker };
}

/**
 * Makes what happened comparable. Ids that the client has chosen are the same in every run; those of workers are not.
 * Besides that these differ, and are left out:
 *
 * - parent and root of the body of a chord and of what follows it: those of the member that ended last, by chance;
 * - the order of the values of members that were added to a chord by the same member, by chance;
 * - an empty chain, and lineage in the options of a signature, which its message has anyhow;
 * - the group of the body behind a task that was replaced by a group: here it is that group, as with any body;
 * - of a body that does not run because of a failure: here it has its group, and its error callbacks have the root of the
 *   workflow and are nobody's children.
 */
class Canon {
  readonly #known: ReadonlySet<string>;
  readonly #bodies: ReadonlySet<unknown>;

  constructor(clients: readonly Sent[], workers: readonly Sent[]) {
    this.#known = new Set(JSON.stringify(clients).match(UUID) ?? []);
    const chords = [...clients, ...workers].map(({ body }) => (body as [unknown, unknown, Json])[2]["chord"]);
    this.#bodies = new Set(JSON.stringify(chords).match(UUID) ?? []);
  }

  message({ headers, properties, body }: Sent): unknown {
    const { task, id, group, group_index, retries, shadow, timelimit, ignore_result, stamps } = headers;
    const { argsrepr, kwargsrepr, replaced_task_nesting, root_id, parent_id } = headers;
    const told = { task, id, group_index, retries, shadow, timelimit, ignore_result, stamps };
    const times = { expires: headers["expires"] ? "later" : null, eta: headers["eta"] ? "later" : null };
    const isErrback = task === "t.on_err1";
    const lineage = this.#bodies.has(id) ? {} : { parent_id, root_id: isErrback ? null : root_id };
    const ofGroup = task === "celery.accumulate" ? {} : { group };
    const rest = { replaced_task_nesting, priority: properties["priority"], body: inOrder(body) };
    return this.of({
      ...told,
      ...times,
      ...lineage,
      ...ofGroup,
      ...rest,
      argsrepr: inOrder(argsrepr),
      kwargsrepr,
    });
  }

  result(value: string): unknown {
    const { date_done, traceback, parent_id, group_id, children, result, ...meta } = JSON.parse(
      value,
    ) as Json;
    const { exc_type: error } = (result ?? {}) as { exc_type?: string };
    const { task_id } = meta;
    const ofBody = error === "ChordError" ? {} : { group_id, children };
    const lineage = this.#bodies.has(task_id) ? {} : { parent_id };
    const masked = { date_done: date_done !== null, traceback: traceback !== null };
    return this.of({ ...meta, result, ...ofBody, ...masked, ...lineage });
  }

  of(value: unknown): unknown {
    if (typeof value === "string")
      return value.replaceAll(UUID, (id) => (this.#known.has(id) ? id : "of a worker"));
    if (Array.isArray(value)) return value.map((one) => this.of(one));
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value)
      .filter(([key, one]) => one !== null && !OWN_OPTIONS.has(key))
      .filter(([key, one]) => !(key === "chain" && Array.isArray(one) && one.length === 0))
      .filter(([key, one]) => !(key === "group_id" && !this.#known.has(String(one))));
    return Object.fromEntries(
      entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, this.of(one)]),
    );
  }
}

const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** Member 1 and the one that it adds. */
function inOrder<TValue>(value: TValue): TValue {
  const text = JSON.stringify(value) ?? "null";
  return JSON.parse(text.replace(/\[1000, ?1,/, "[1,1000,").replace("[1, 1000,", "[1,1000,")) as TValue;
}

const OWN_OPTIONS: ReadonlySet<string> = new Set(["reply_to", "root_id", "parent_id"]);

/** Messages and results come in any order. */
const sorted = (values: readonly unknown[]): string[] => values.map((one) => JSON.stringify(one)).toSorted();

requires("redis")("workflows that Celery has recorded, on our worker", () => {
  const redis = suiteResource(() => startRedis());

  it.each(cases)("$name: our worker sends and stores what Celery's did", async (recording) => {
    const { name } = recording;
    const { ofClient, byClient, byWorker } = split(recording);
    const [broker, backend] = [1, 2].map((db) => redis().url.replace(/\d+$/, String(db))) as [string, string];
    const databases = { broker: redis().client({ url: broker }), backend: redis().client({ url: backend }) };
    await Promise.all([databases.broker.flushdb(), databases.backend.flushdb()]);
    for (const { db, cmd } of byClient) {
      const [command, ...args] = cmd as [string, ...string[]];
      await databases[db].call(command, ...args);
    }

    const sent: Sent[] = [];
    const record: PublishMiddleware = async (context, next) => {
      await next();
      const { headers = {}, properties = {}, body } = context.message ?? {};
      sent.push({ headers, properties: { ...properties }, body: JSON.parse(String(body)) as unknown });
    };
    const settings = { broker, backend, publishMiddleware: [record], ...settingsOf[name] };
    await using app = createApp("wire", settings);
    registerRecordedTasks(app);
    await using worker = new Worker(app, { concurrency: 1, pool: "async" });
    await worker.start();

    const entries = Object.entries(recording.backend_keys);
    const valuesOf = (kind: string): unknown[] =>
      entries.flatMap(([key, { value }]) => (key.includes(kind) ? [value] : []));
    const recorded = new Canon(ofClient, byWorker);
    const expected = {
      sent: sorted(byWorker.map((one) => recorded.message(one))),
      stored: sorted(valuesOf(TASK).map((value) => recorded.result(value as string))),
      counted: isHalfDone(name) ? sorted(valuesOf(GROUP).map(parsed)) : [],
    };
    const read = async (): Promise<typeof expected> => {
      const ours = new Canon(ofClient, sent);
      const keys = await databases.backend.keys("*");
      const values = (kind: string): Promise<unknown[]> =>
        Promise.all(keys.filter((key) => key.includes(kind)).map((key) => valueOf(databases.backend, key)));
      const tasks = await values(TASK);
      const groups = isHalfDone(name) ? await values(GROUP) : [];
      return {
        sent: sorted(sent.map((one) => ours.message(one))),
        stored: sorted(tasks.map((value) => ours.result(value as string))),
        counted: sorted(groups.filter(Boolean).map(parsed)),
      };
    };
    const accept = (found: typeof expected): boolean => isDeepStrictEqual(found, expected);
    await waitUntil(read, { accept }).catch(() => {});
    expect(await read()).toEqual(expected);
  });
});

/** JSON with or without blanks. */
function parsed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(parsed);
  return typeof value === "string" ? (JSON.parse(value) as unknown) : value;
}

const TASK = "celery-task-meta-";
const GROUP = "celery-taskset-meta-";

/** In the form of the recordings. */
async function valueOf(client: Redis, key: string): Promise<unknown> {
  switch (await client.type(key)) {
    case "zset": {
      const flat = await client.zrange(key, "0", "-1", "WITHSCORES");
      return flat.flatMap((member, at) => (at % 2 === 0 ? [[member, Number(flat[at + 1])]] : []));
    }
    case "list":
      return client.lrange(key, "0", "-1");
    case "hash":
      // Ours: which members cannot be found by their place.
      return undefined;
    default:
      return client.get(key);
  }
}
