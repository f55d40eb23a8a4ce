import { fork } from "node:child_process";
import { once } from "node:events";
import { readContext, readyAndGo } from "../../harness/contender.ts";

const { count, settings } = readContext();
const { processes = 1 } = settings;
const children = Array.from({ length: processes }, () => fork(new URL("raw-hash.js", import.meta.url)));
await Promise.all(children.map((child) => once(child, "message")));
const meter = await readyAndGo();
for (const child of children) child.send(Math.ceil(count / processes));
await Promise.all(children.map((child) => once(child, "message")));
meter.finish(count);
