export type { Bootstep } from "./blueprint.ts";
export { expandPath, nodeName } from "./node-name.ts";
export { PARKED_SUFFIX } from "./parking.ts";
export { Worker } from "./worker.ts";
export type { StopMode } from "./worker.ts";
export type { PoolFactory, WorkerOptions } from "./worker-options.ts";
export type { WorkerRequest } from "./worker-request.ts";
