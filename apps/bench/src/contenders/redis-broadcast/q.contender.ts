import { readContext } from "../../harness/contender.ts";
import { measureBroadcasts } from "../shared/q-fleet.ts";

await measureBroadcasts(readContext().redisUrl);
