import { readContext } from "../../harness/contender.ts";
import { benchApp } from "../shared/q-app.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const { redisUrl, queue } = readContext();
const { app } = benchApp({ queue, broker: redisUrl, backend: redisUrl });
const tasks = Array.from({ length: 100 }, (_, index) =>
  app.signature("bench.noop", index === 0 ? [2, 3] : [3]).toJSON(),
);
const chain = {
  task: "celery.chain",
  args: [],
  kwargs: { tasks },
  options: {},
  subtask_type: "chain",
  immutable: false,
};
await measureRoundtrips(async () => (await app.send(chain)).get({ timeout: 60 }), { warmUpCalls: 20 });
