import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@q/kernel";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Broadcast } from "../../entities/broadcast.ts";
import { Exchange } from "../../entities/exchange.ts";
import { Queue } from "../../entities/queue.ts";
import { eventually, Inbox } from "../../testing/inbox.ts";
import { declareAll, textMessage, toQueue } from "../../testing/workbench.ts";
import { sqliteConnectOptions } from "./connect-options.fixture.ts";
import { openBroker } from "./sqlite-broker.ts";
import { createSqliteTransport } from "./sqlite-transport.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "q-lifetimes-"));
  file = join(folder, "q.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const connect = () => createSqliteTransport().connect(sqliteConnectOptions(file));
const notFound = { code: "ERR_Q_QUEUE_NOT_FOUND" };

it("removes an auto-delete queue with its last consumer", async () => {
  await using connection = await connect();
  const [one, two] = [await connection.openChannel(), await connection.openChannel()];
  await declareAll(one, new Broadcast("news", { queue: "mine" }));
  await using first = new Inbox(one, ["mine"]);
  await using second = new Inbox(two, ["mine"]);
  await eventually("two consumers", async () => (await one.queueInfo("mine")).consumers === 2);
  await first.stop();
  expect((await two.queueInfo("mine")).consumers).toBe(1);
  await second.stop();
  await expect(two.queueInfo("mine")).rejects.toMatchObject(notFound);
});

it("removes an exclusive queue with the connection that declared it", async () => {
  await using other = await connect();
  const channel = await other.openChannel();
  const connection = await connect();
  await (await connection.openChannel()).declare(new Queue("mine", { exclusive: true }));
  expect((await channel.queueInfo("mine")).messages).toBe(0);
  await connection[Symbol.asyncDispose]();
  await expect(channel.queueInfo("mine")).rejects.toMatchObject(notFound);
});

it("removes a queue that was without use for longer than its x-expires, but not while it has a consumer", async () => {
  await using broker = await openBroker(file, { logger: silentLogger });
  await using connection = await connect();
  const channel = await connection.openChannel();
  await channel.declare(new Queue("reply", { expires: 10 }));
  const later = Date.now() + 11_000;
  await using inbox = new Inbox(channel, ["reply"]);
  await eventually("a consumer", async () => (await channel.queueInfo("reply")).consumers === 1);
  await broker.topology.removeUnused(later);
  expect((await channel.queueInfo("reply")).consumers).toBe(1);
  await inbox.stop();
  await broker.topology.removeUnused(later - 5000);
  expect((await channel.queueInfo("reply")).consumers).toBe(0);
  await broker.topology.removeUnused(later + 1000);
  await expect(channel.queueInfo("reply")).rejects.toMatchObject(notFound);
});

it("refuses to publish to a queue or an exchange that does not exist, and drops what no binding wants", async () => {
  await using connection = await connect();
  const channel = await connection.openChannel();
  const refused = { code: "ERR_Q_PUBLISH", sent: "no" };
  await expect(channel.publish(textMessage("x"), toQueue("missing"))).rejects.toMatchObject(refused);
  await expect(
    channel.publish(textMessage("x"), { exchange: "missing", routingKey: "" }),
  ).rejects.toMatchObject(refused);
  await channel.declare(new Exchange("events", { type: "topic" }));
  await channel.publish(textMessage("x"), { exchange: "events", routingKey: "worker.online" });
});

it("refuses exchange types that it does not know", async () => {
  await using connection = await connect();
  const channel = await connection.openChannel();
  const declared = channel.declare(new Exchange("h", { type: "headers" }));
  await expect(declared).rejects.toMatchObject({ code: "ERR_Q_IMPROPERLY_CONFIGURED" });
});

it("ends consumers and says that the connection is lost when the database is removed", async () => {
  await using connection = await connect();
  const channel = await connection.openChannel();
  await channel.declare(new Queue("q"));
  await using inbox = new Inbox(channel, ["q"]);
  await rm(folder, { recursive: true });
  expect(await connection.lost).toMatchObject({ code: "ERR_Q_CONNECTION" });
  expect(await inbox.ended()).toMatchObject({ code: "ERR_Q_CONNECTION" });
  const publish = channel.publish(textMessage("x"), toQueue("q"));
  await expect(publish).rejects.toMatchObject({ code: "ERR_Q_PUBLISH", sent: "no" });
});
