import { filled, readContext } from "../../harness/contender.ts";
import { benchApp } from "../shared/q-app.ts";

const { sqlitePath, queue, count } = readContext();
const { app, noop } = benchApp({ queue, broker: `sqlite:///${sqlitePath}` });
for (let left = count; left > 0; left -= 1000) {
  await Promise.all(Array.from({ length: Math.min(left, 1000) }, () => noop.delay(2, 3)));
}
await app.close();
filled();
