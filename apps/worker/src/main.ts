/**
 * A worker as a program of its own. It runs the app of `tasks.ts`, or the one that `-A` or CELERY_APP names, and takes
 * every option of `q worker`.
 */
import { fileURLToPath } from "node:url";
import { main } from "@q/cli";

// This file runs as built and, through tsx, as it is; so does the one beside it.
const tasks = new URL(import.meta.url.endsWith(".ts") ? "tasks.ts" : "tasks.js", import.meta.url);
process.env["CELERY_APP"] ??= fileURLToPath(tasks);

process.exitCode = await main(["worker", ...process.argv.slice(2)]);
