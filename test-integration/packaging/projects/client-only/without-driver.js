// What happens when the driver of a URL is not installed.
import { createApp } from "@q/core";

const [broker, backend] = process.argv.slice(2);
const app = createApp("client", { broker, ...(backend && { backend }) });
try {
  const result = await app.sendTask("packaging.add", [2, 3]);
  await result.state();
} catch (error) {
  console.log(JSON.stringify({ name: error.constructor.name, code: error.code, message: error.message }));
}
await app.close();
