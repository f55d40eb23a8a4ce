import { readContext } from "../../harness/contender.ts";
import { measurePrefork } from "../shared/q-prefork.ts";
import { app } from "./app.ts";

const { prefetchMultiplier } = readContext().settings;
await measurePrefork(app, new URL("app.js", import.meta.url).href, { concurrency: 4, prefetchMultiplier });
