import { readContext } from "../../harness/contender.ts";
import { type BenchApp, benchApp } from "../shared/q-app.ts";

const { redisUrl, queue } = readContext();

const bench: BenchApp = benchApp({ queue, broker: redisUrl });
export const app: BenchApp["app"] = bench.app;
