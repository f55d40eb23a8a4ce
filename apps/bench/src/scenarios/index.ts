import type { Scenario } from "../harness/scenario.ts";
import { beatIdle, beatLatency, nextOccurrence } from "./beat.ts";
import { broadcast } from "./broadcast.ts";
import { canvas } from "./canvas.ts";
import {
  amqpDrain,
  delay2ms,
  preforkCpu,
  preforkDrain,
  preforkPoison,
  redisBacklog,
  redisDrain,
  redisDrainEvents,
  redisDrainResults,
} from "./drain.ts";
import { amqpEnqueue, redisEnqueue, redisMemory } from "./enqueue.ts";
import { executorStart, poolHandoff, poolLarge } from "./pools.ts";
import { roundtrip } from "./roundtrip.ts";
import { sqliteDrain, sqliteEnqueue } from "./sqlite.ts";
import { importTime, startup } from "./startup.ts";

/** Every scenario, in the order of the results. */
export const scenarios: readonly Scenario[] = [
  redisDrain,
  redisDrainResults,
  redisDrainEvents,
  preforkDrain,
  preforkPoison,
  preforkCpu,
  poolHandoff,
  poolLarge,
  executorStart,
  amqpDrain,
  redisEnqueue,
  amqpEnqueue,
  roundtrip,
  canvas,
  broadcast,
  sqliteEnqueue,
  sqliteDrain,
  redisMemory,
  delay2ms,
  importTime,
  startup,
  nextOccurrence,
  beatLatency,
  beatIdle,
  redisBacklog,
];
