import { readContext, readyForever } from "../../harness/contender.ts";
import { startFleet } from "../shared/q-fleet.ts";

await startFleet(readContext().redisUrl);
readyForever();
