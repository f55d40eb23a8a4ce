import type { Bootstep } from "../blueprint.ts";
import type { Worker } from "../worker.ts";
import { autoscalerStep } from "./autoscaler-step.ts";
import { blockDetectorStep } from "./block-detector-step.ts";
import { connectionStep } from "./connection-step.ts";
import { consumerStep } from "./consumer-step.ts";
import { controlStep } from "./control-step.ts";
import { eventsStep } from "./events-step.ts";
import { executorStep } from "./executor-step.ts";
import { gossipStep } from "./gossip-step.ts";
import { mingleStep } from "./mingle-step.ts";
import { monitorStep } from "./monitor-step.ts";
import { stateStep } from "./state-step.ts";

/** The parts that every worker has, made anew for each. */
export function workerSteps(): Bootstep<Worker>[] {
  return [
    monitorStep(),
    connectionStep,
    executorStep,
    blockDetectorStep(),
    stateStep(),
    controlStep(),
    mingleStep(),
    consumerStep,
    eventsStep,
    gossipStep(),
    autoscalerStep,
  ];
}
