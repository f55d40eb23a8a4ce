import { fork } from "node:child_process";
import { once } from "node:events";
import { readyAndGo } from "../../harness/contender.ts";
import { idleChild } from "../shared/idle-child.ts";

const startedMs = performance.now();
const child = fork(new URL("idle-child.js", import.meta.url));
await once(child, "message");
const startMs = performance.now() - startedMs;
const meter = await readyAndGo();
meter.finish(1, { startMs, ...(await idleChild(child.pid)) });
