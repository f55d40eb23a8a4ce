import { chord } from "@q/core";
import { readContext } from "../../harness/contender.ts";
import { benchApp } from "../shared/q-app.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const { redisUrl, queue } = readContext();
const { app, noop } = benchApp({ queue, broker: redisUrl, backend: redisUrl });
const body = app.signature("bench.noop", [3]);
await measureRoundtrips(
  async () => {
    const members = Array.from({ length: 30 }, () => noop.s(2, 3));
    const header = Array.from({ length: 30 }, () => chord(members, body));
    return (await chord(header, body).delay()).get({ timeout: 60 });
  },
  { warmUpCalls: 2 },
);
