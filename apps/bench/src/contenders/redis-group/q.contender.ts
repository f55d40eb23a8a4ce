import { group } from "@q/core";
import { readContext } from "../../harness/contender.ts";
import { benchApp } from "../shared/q-app.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const { redisUrl, queue } = readContext();
const { noop } = benchApp({ queue, broker: redisUrl, backend: redisUrl });
await measureRoundtrips(
  async () => {
    const result = await group(Array.from({ length: 1000 }, () => noop.s(2, 3))).delay();
    return result.get({ timeout: 60 });
  },
  { warmUpCalls: 2 },
);
