import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "@q/core";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Io } from "../io.ts";
import { main } from "../main.ts";

/** Runs a command line and returns what it printed. */
async function q(...argv: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env: { C_WNOCONF: "1" },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => "",
    color: false,
  };
  return { code: await main(argv, io), out, err };
}

const memory = (): string => `memory://${crypto.randomUUID()}`;

describe("q migrate", () => {
  async function filled(url: string): Promise<void> {
    await using app = createApp("sender", { broker: url });
    for (let n = 0; n < 3; n++) await app.sendTask("m.one", [n]);
    await app.sendTask("m.other", [9], { kwargs: { deep: true } });
  }

  async function waiting(url: string, queue = "celery"): Promise<number> {
    const { out } = await q("-b", url, "amqp", "queue.declare", queue, "--json");
    return (JSON.parse(out[0] ?? "{}") as { messages: number }).messages;
  }

  it("copies waiting messages, as they are", async () => {
    const [from, to] = [memory(), memory()];
    await filled(from);
    const { code, out } = await q("migrate", from, to, "-t", "0.1");
    expect([code, out]).toEqual([0, ["Migrated 4 messages."]]);
    expect([await waiting(from), await waiting(to)]).toEqual([4, 4]);
    const got = await q("-b", to, "amqp", "basic.get", "celery", "--json");
    expect(JSON.parse(got.out[0] ?? "")).toMatchObject({
      content_type: "application/json",
      headers: { task: "m.one", argsrepr: "(0,)" },
    });
  });

  it("moves them with --ack-messages, by task and to another queue", async () => {
    const [from, to] = [memory(), memory()];
    await filled(from);
    const { out } = await q(
      "migrate",
      from,
      to,
      "-a",
      "-T",
      "m.other",
      "-Q",
      "celery:fresh",
      "-t",
      "0.1",
      "--json",
    );
    expect(JSON.parse(out[0] ?? "")).toEqual({ migrated: 1, left: 3, queues: { celery: "fresh" } });
    expect([await waiting(from), await waiting(to, "fresh")]).toEqual([3, 1]);
  });

  it("stops at --limit", async () => {
    const [from, to] = [memory(), memory()];
    await filled(from);
    expect((await q("migrate", from, to, "-a", "-n", "2", "-t", "0.1")).out).toEqual([
      "Migrated 2 messages.",
    ]);
    expect([await waiting(from), await waiting(to)]).toEqual([2, 2]);
  });
});

describe("q amqp", () => {
  it("declares, binds, publishes, fetches, purges and deletes", async () => {
    const url = memory();
    const on = (...words: string[]): ReturnType<typeof q> => q("-b", url, "amqp", ...words);
    expect((await on("exchange.declare", "news", "topic")).out).toEqual(["ok."]);
    expect((await on("queue.declare", "sport")).out[0]).toMatch(/^queue:sport messages:0/);
    await on("queue.bind", "sport", "news", "sport.#");
    await on("basic.publish", "hello", "news", "sport.tennis");
    await on("basic.publish", "hello", "news", "weather");
    expect((await on("queue.declare", "sport")).out[0]).toMatch(/^queue:sport messages:1/);
    expect(JSON.parse((await on("basic.get", "sport", "yes")).out[0] ?? "")).toMatchObject({
      body: "hello",
      delivery_info: { exchange: "news", routing_key: "sport.tennis" },
    });
    expect((await on("basic.get", "sport")).out).toEqual(["No messages in queue. basic.publish something."]);
    await on("basic.publish", "x", "", "sport");
    expect((await on("queue.purge", "sport")).out).toEqual(["1 messages deleted."]);
    expect((await on("queue.delete", "sport")).out).toEqual(["0 messages deleted."]);
  });

  it("refuses unknown commands and missing arguments", async () => {
    const url = memory();
    expect(await q("-b", url, "amqp", "queue.dance")).toMatchObject({ code: 64 });
    expect((await q("-b", url, "amqp", "queue.bind", "a")).err[0]).toContain(
      "usage: queue.bind <queue> <exchange>",
    );
    expect((await q("-b", url, "amqp", "basic.ack", "7")).err[0]).toContain(
      "no message with the delivery tag 7",
    );
  });
});

it("q list bindings shows the queues of the app", async () => {
  const { out } = await q("-b", memory(), "list", "bindings", "--json");
  expect(JSON.parse(out[0] ?? "")).toEqual([
    { queue: "celery", exchange: "celery", type: "direct", routingKey: "celery" },
  ]);
});

describe("q graph", () => {
  it("draws the parts of a worker, each behind what it requires", async () => {
    const [dot = ""] = (await q("-b", memory(), "graph", "bootsteps")).out;
    expect(dot).toMatch(/^digraph "bootsteps" \{/);
    const [ofConsumer = ""] = (await q("-b", memory(), "graph", "bootsteps", "consumer")).out;
    expect(ofConsumer).toContain('"mingle" -> "control"');
    expect(ofConsumer).not.toContain('"executor"');
    expect((await q("-b", memory(), "graph", "bootsteps", "nothing")).code).toBe(64);
    expect(dot).toContain('"consumer" -> "connection";');
  });

  it("draws named workers, and shortens long lists", async () => {
    const [dot = ""] = (
      await q("-b", "redis://user:secret@h", "graph", "workers", "nodes:a,b,c,d,e,f", "threads:9")
    ).out;
    expect(dot).toContain('"worker 1" -> "broker";');
    expect(dot).toContain("3 more");
    expect(dot).not.toContain("secret");
    expect(dot).toContain('"worker 1 P9" -> "worker 1"');
  });
});

describe("q upgrade settings", () => {
  function file(text: string): string {
    const folder = mkdtempSync(join(tmpdir(), "q-upgrade-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "celeryconfig.py"), text);
    return join(folder, "celeryconfig.py");
  }

  const old = "BROKER_URL = 'redis://'\nCELERYD_CONCURRENCY = 4  # CELERYD_CONCURRENCY_X\n";

  it("writes the new names and keeps a copy", async () => {
    const path = file(old);
    expect((await q("upgrade", "settings", path)).out).toEqual([
      "BROKER_URL -> broker_url",
      "CELERYD_CONCURRENCY -> worker_concurrency",
    ]);
    expect(readFileSync(path, "utf8")).toBe(
      "broker_url = 'redis://'\nworker_concurrency = 4  # CELERYD_CONCURRENCY_X\n",
    );
    expect(readFileSync(`${path}.orig`, "utf8")).toBe(old);
    expect((await q("upgrade", "settings", path)).out).toEqual(["Does not seem to require an upgrade."]);
  });

  it("writes them for Django, without a copy when told so", async () => {
    const path = file(old);
    await q("upgrade", "settings", path, "--django", "--no-backup");
    expect(readFileSync(path, "utf8")).toContain("CELERY_BROKER_URL = ");
    expect(existsSync(`${path}.orig`)).toBe(false);
  });
});

it("q completion prints a script for each shell", async () => {
  for (const shell of ["bash", "zsh", "fish"])
    expect((await q("completion", shell)).out[0]).toContain("--get-yargs-completions");
  expect(await q("completion", "tcsh")).toMatchObject({ code: 64 });
});

it("the shell is told what may follow a command", async () => {
  const completed = async (...words: string[]): Promise<string[]> =>
    (await q("--get-yargs-completions", "q", ...words)).out;
  expect(await completed("inspect", "act")).toEqual(["active", "active_queues"]);
  expect(await completed("-A", "nothing.ts", "control", "rat")).toEqual(["rate_limit"]);
  expect(await completed("multi", "st")).toEqual(["start", "stop", "stopwait"]);
  expect(await completed("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await completed("amqp", "basic.")).toEqual(["basic.get", "basic.publish", "basic.ack"]);
  expect(await completed("logtool", "in")).toEqual(["incomplete"]);
});
