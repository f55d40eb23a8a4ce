import { parentPort } from "node:worker_threads";
import { LeaseRenewer } from "./lease-renewer.ts";
import type { LeaseThreadOrder, LeaseThreadReport } from "./lease-thread.ts";

// What the thread runs: one renewer per connection.
const renewers = new Map<number, LeaseRenewer>();
const report = (message: LeaseThreadReport): void => parentPort?.postMessage(message);

function obey(order: LeaseThreadOrder): void {
  const { id } = order;
  if ("open" in order) {
    renewers.set(id, new LeaseRenewer(order.open, (error) => report({ id, error: error.message })));
  } else if ("chunk" in order) {
    renewers.get(id)?.add(order.chunk);
  } else {
    renewers.get(id)?.close();
    renewers.delete(id);
  }
}

parentPort?.on("message", obey);
report({});
