/**
 * A beat as a program of its own. It sends the entries of `schedule.ts`, or those of the app that `-A` or CELERY_APP names,
 * and takes every option of `q beat`.
 */
import { fileURLToPath } from "node:url";
import { main } from "@q/cli";

// This file runs as built and, through tsx, as it is; so does the one beside it.
const schedule = new URL(import.meta.url.endsWith(".ts") ? "schedule.ts" : "schedule.js", import.meta.url);
process.env["CELERY_APP"] ??= fileURLToPath(schedule);

process.exitCode = await main(["beat", ...process.argv.slice(2)]);
