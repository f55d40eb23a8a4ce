import { readContext, readyAndGo } from "../../harness/contender.ts";
import { decodeEnvelope } from "../../wire/task-message.ts";
import { openSqliteQueue } from "../shared/sqlite-queue.ts";

const claimSize = 100;
const context = readContext();
const queue = openSqliteQueue(context.sqlitePath);

async function noop(_args: readonly unknown[]): Promise<null> {
  return null;
}

const meter = await readyAndGo();
let drained = 0;
while (drained < context.count) {
  const rows = queue.claim(claimSize);
  await Promise.all(rows.map((row) => noop(decodeEnvelope(row.message).args)));
  queue.ack(rows);
  drained += rows.length;
}
meter.finish(drained);
