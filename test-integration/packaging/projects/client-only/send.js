// Sends a task that some worker knows and prints its result.
import { createApp } from "@q/core";

const url = process.argv[2];
const app = createApp("client", { broker: url, backend: url });
try {
  const result = await app.sendTask("packaging.add", [2, 3]);
  console.log(JSON.stringify({ value: await result.get({ timeout: 20 }) }));
} finally {
  await app.close();
}
