import { measureIdleCommand } from "../shared/q-command.ts";

await measureIdleCommand(new URL("app.js", import.meta.url));
