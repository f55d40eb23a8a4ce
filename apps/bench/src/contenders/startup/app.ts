import { readContext } from "../../harness/contender.ts";
import { type BenchApp, benchApp } from "../shared/q-app.ts";

const { redisUrl, queue } = readContext();

export const app: BenchApp["app"] = benchApp({ queue, broker: redisUrl, backend: redisUrl }).app;
