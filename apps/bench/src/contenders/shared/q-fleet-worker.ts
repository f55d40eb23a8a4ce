import { Worker } from "@q/worker";
import { readContext } from "../../harness/contender.ts";
import { benchApp } from "./q-app.ts";

/** One worker of a fleet; says when it listens. */
const [, , broker = "", hostname = ""] = process.argv;
const { app } = benchApp({ queue: readContext().queue, broker });
await new Worker(app, { hostname, pool: "async", concurrency: 1, withoutMingle: true }).start();
process.send?.("listening");
