/**
 * A web service with a worker inside: `/add?x=&y=` has a task run and answers with its result, `/stop` ends the
 * service. It never calls `process.exit`: whatever keeps it alive after that is a leak.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";

const { BROKER_URL, BACKEND_URL, QUEUE = "celery" } = process.env;
const app = createApp("embedded", {
  ...(BROKER_URL && { broker: BROKER_URL }),
  ...(BACKEND_URL && { backend: BACKEND_URL }),
  taskDefaultQueue: QUEUE,
});
const add = app.task("embedded.add", async (x: number, y: number) => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return x + y;
});

const worker = new Worker(app);
const server = createServer((request, response) => void answer(request, response));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
  if (pathname === "/add") {
    const result = await add.delay(Number(searchParams.get("x")), Number(searchParams.get("y")));
    response.end(JSON.stringify({ sum: await result.get({ timeout: 10 }) }));
    return;
  }
  response.end("{}");
  await stop();
}

async function stop(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await worker.stop();
  await app.close();
  await closed;
  console.log(JSON.stringify({ event: "stopped" }));
}

await worker.start();
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "listening", port: (server.address() as AddressInfo).port }));
});
