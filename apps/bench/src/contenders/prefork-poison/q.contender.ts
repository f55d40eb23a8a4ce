import { readContext } from "../../harness/contender.ts";
import { measurePrefork } from "../shared/q-prefork.ts";
import { app } from "./app.ts";

const { count, settings } = readContext();

/** Each poisonous task may kill three processes. */
const jobs = count + 3 * Math.floor((count * (settings.poisonPercent ?? 0)) / 100);
await measurePrefork(app, new URL("app.js", import.meta.url).href, { concurrency: 4, jobs });
