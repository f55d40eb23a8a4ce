import { readContext } from "../../harness/contender.ts";
import { benchApp } from "../shared/q-app.ts";
import { measureRoundtrips } from "../shared/roundtrips.ts";

const { sqlitePath, queue } = readContext();
const { noop } = benchApp({ queue, broker: `sqlite:///${sqlitePath}`, backend: `sqlite:///${sqlitePath}` });
await measureRoundtrips(async () => (await noop.delay(2, 3)).get({ timeout: 10 }));
