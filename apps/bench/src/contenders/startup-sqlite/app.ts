import { readContext } from "../../harness/contender.ts";
import { type BenchApp, benchApp } from "../shared/q-app.ts";

const { sqlitePath, queue } = readContext();
const url = `sqlite:///${sqlitePath}`;

export const app: BenchApp["app"] = benchApp({ queue, broker: url, backend: url }).app;
