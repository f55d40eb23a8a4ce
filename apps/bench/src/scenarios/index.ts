import type { Scenario } from "../harness/scenario.ts";
import { canvas } from "./canvas.ts";
import {
  amqpDrain,
  delay2ms,
  preforkDrain,
  redisBacklog,
  redisDrain,
  redisDrainEvents,
  redisDrainResults,
} from "./drain.ts";
import { amqpEnqueue, redisEnqueue, redisMemory } from "./enqueue.ts";
import { roundtrip } from "./roundtrip.ts";
import { sqliteDrain, sqliteEnqueue } from "./sqlite.ts";
import { importTime, startup } from "./startup.ts";

/** Every scenario, in the order of the results. */
export const scenarios: readonly Scenario[] = [
  redisDrain,
  redisDrainResults,
  redisDrainEvents,
  preforkDrain,
  amqpDrain,
  redisEnqueue,
  amqpEnqueue,
  roundtrip,
  canvas,
  sqliteEnqueue,
  sqliteDrain,
  redisMemory,
  delay2ms,
  importTime,
  startup,
  redisBacklog,
];
