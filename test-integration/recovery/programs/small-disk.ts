// A client and a worker on one SQLite file. Publishes until the file cannot grow any more, waits for a line on stdin,
// publishes once more and waits for the results of all that was confirmed. Writes what happened as JSON lines.
import { once } from "node:events";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";

const say = (fact: object): boolean => process.stdout.write(`${JSON.stringify(fact)}\n`);

const url = process.env["BROKER_URL"] as string;
const app = createApp("small", { broker: url, backend: url, taskPublishRetry: false });
const echo = app.task({ name: "small.echo", acksLate: true }, (text: string) => text);
const worker = new Worker(app, { concurrency: 4 });
await worker.start();

const text = "x".repeat(2000);
const confirmed = [];
for (;;) {
  try {
    confirmed.push(await echo.delay(text));
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    say({ code, message });
    break;
  }
}
await once(process.stdin, "data");
confirmed.push(await echo.delay(text));
const values = await Promise.all(confirmed.map((result) => result.get({ timeout: 60 })));
say({ confirmed: confirmed.length, right: values.filter((value) => value === text).length });
await worker.stop();
await app.close();
process.exit(0);
