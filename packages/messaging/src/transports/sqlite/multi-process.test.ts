import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { Broadcast } from "../../entities/broadcast.ts";
import { Inbox } from "../../testing/inbox.ts";
import { declareAll, Workbench } from "../../testing/workbench.ts";
import { sqliteConnectOptions } from "./connect-options.fixture.ts";
import { openDatabase } from "./sqlite-database.ts";
import { createSqliteTransport } from "./sqlite-transport.ts";

const transport = createSqliteTransport();
const holder = fileURLToPath(new URL("./holder.fixture.ts", import.meta.url));
// Node 20 cannot run TypeScript itself.
const tsx = pathToFileURL(
  createRequire(new URL("../../../../../package.json", import.meta.url)).resolve("tsx"),
).href;

class Machine implements AsyncDisposable {
  readonly bench: Workbench;
  readonly file: string;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];

  private constructor(folder: string, bench: Workbench) {
    this.#folder = folder;
    this.file = join(folder, "q.db");
    this.bench = bench;
  }

  static async boot(): Promise<Machine> {
    const folder = await mkdtemp(join(tmpdir(), "q-sqlite-"));
    let names = 0;
    const bench = await Workbench.open(async () => ({
      capabilities: transport.capabilities,
      connect: () => transport.connect(sqliteConnectOptions(join(folder, "q.db"))),
      uniqueName: (prefix) => `${prefix}${++names}`,
      [Symbol.asyncDispose]: async () => {},
    }));
    return new Machine(folder, bench);
  }

  /** Starts a process that holds `count` messages; resolves when it does. */
  async hold(queue: string, count: number, blockMs?: number): Promise<ChildProcess> {
    const args = [this.file, queue, `${count}`, ...(blockMs === undefined ? [] : [`${blockMs}`])];
    const child = fork(holder, args, { execArgv: ["--conditions=@q/source", "--import", tsx] });
    this.#children.push(child);
    expect(await once(child, "message")).toEqual(["holding", undefined]);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.bench[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

it("delivers the messages of a killed process again, within seconds", async () => {
  await using machine = await Machine.boot();
  const { bench } = machine;
  const queue = await bench.queue();
  await bench.send(queue, "a", "b", "c");
  const child = await machine.hold(queue, 2);
  await using inbox = new Inbox(bench.channel, [queue]);
  await inbox.expectOnly(1);

  child.kill("SIGKILL");
  const killedAt = performance.now();
  await inbox.waitFor(3);

  expect(performance.now() - killedAt).toBeLessThan(10_000);
  expect(inbox.bodies).toEqual(["c", "a", "b"]);
  expect(inbox.deliveries.map(({ redelivered }) => redelivered)).toEqual([false, true, true]);
  expect(inbox.deliveries.map(({ deliveryCount }) => deliveryCount)).toEqual([0, 1, 1]);
});

it("leaves a process its messages while its event loop is blocked, though its lease is over", async () => {
  await using machine = await Machine.boot();
  const { bench, file } = machine;
  const queue = await bench.queue();
  await bench.send(queue, "slow");
  const child = await machine.hold(queue, 1, 3500);
  await using use = await openDatabase(file);
  await use.database.write(() => use.database.prepare("UPDATE owner SET expires_at = 0").run());
  await using inbox = new Inbox(bench.channel, [queue]);

  expect(await once(child, "message")).toEqual(["done", undefined]);

  await inbox.expectOnly(0);
  expect(await bench.waiting(queue)).toBe(0);
});

it("gives back the messages of an owner of another machine once its lease is over", async () => {
  await using machine = await Machine.boot();
  const { bench, file } = machine;
  const queue = await bench.queue();
  await bench.send(queue, "x");
  await using use = await openDatabase(file);
  const { database } = use;
  await database.write(() => {
    database
      .prepare(
        "INSERT INTO owner (id, token, machine, pid, started, thread, expires_at) VALUES (77, 't', 'elsewhere', 1, '', 0, ?)",
      )
      .run(Date.now() + 60_000);
    database.prepare("UPDATE message SET owner = 77, deliveries = 1").run();
  });

  await using inbox = new Inbox(bench.channel, [queue]);
  await inbox.expectOnly(0);
  await database.write(() => database.prepare("UPDATE owner SET expires_at = 0 WHERE id = 77").run());
  await inbox.waitFor(1);
  expect(inbox.deliveries[0]?.redelivered).toBe(true);
});

it("removes the queues of a killed process that live no longer than it", async () => {
  await using machine = await Machine.boot();
  const { bench, file } = machine;
  const queue = await bench.queue();
  await bench.send(queue, "x");
  const child = await machine.hold(queue, 1);
  await using use = await openDatabase(file);
  const [[owner] = []] = use.database.prepare("SELECT owner FROM message").all();
  const broadcast = new Broadcast("news", { queue: "bcast.dead" });
  await declareAll(bench.channel, broadcast);
  await use.database.write(() =>
    use.database.prepare("UPDATE queue SET owner = ? WHERE name = 'bcast.dead'").run(owner ?? null),
  );

  child.kill("SIGKILL");
  await using inbox = new Inbox(bench.channel, [queue], { settle: "ack" });
  await inbox.waitFor(1);

  await expect(bench.channel.queueInfo("bcast.dead")).rejects.toMatchObject({
    code: "ERR_Q_QUEUE_NOT_FOUND",
  });
});
