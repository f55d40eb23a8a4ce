// What happens when the driver of a URL is not installed.
import { createApp } from "@q/core";

const app = createApp("client", { broker: process.argv[2] });
try {
  await app.sendTask("packaging.add", [2, 3]);
} catch (error) {
  console.log(JSON.stringify({ name: error.constructor.name, code: error.code, message: error.message }));
}
await app.close();
