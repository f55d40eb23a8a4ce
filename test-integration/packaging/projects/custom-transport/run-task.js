// Sends a task over the transport of another package and runs it: registered as a scheme, or named by its URL.
import { createApp } from "@q/core";
import { createTransportRegistry, TransportRegistry } from "@q/messaging";
import { Worker } from "@q/worker";
// @boundaries-ignore a package beside this file, installed into the project that the test makes
import { createTransport } from "q-letterbox";

const ways = {
  registry: {
    broker: "letterbox://",
    transports: new TransportRegistry().register("letterbox", createTransport),
  },
  besideOurs: {
    broker: "letterbox://",
    transports: createTransportRegistry().register(["letterbox", "letters"], createTransport),
  },
  url: { broker: "q-letterbox:createTransport://" },
};

const app = createApp("letters", { ...ways[process.argv[2]], backend: "cache+memory://" });
const add = app.task("letters.add", (x, y) => x + y);
const flaky = app.task({ name: "letters.flaky", bind: true }, (self) => {
  if (self.request.retries < 2) throw self.retry({ countdown: 0 });
  return self.request.retries;
});

const worker = new Worker(app, { concurrency: 4 });
await worker.start();
const sums = await Promise.all(
  Array.from({ length: 50 }, async (_, n) => (await add.delay(n, n)).get({ timeout: 10 })),
);
const retries = await (await flaky.delay()).get({ timeout: 10 });
await worker.stop();
await app.close();
console.log(JSON.stringify({ sum: sums.reduce((a, b) => a + b), retries }));
