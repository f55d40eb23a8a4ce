import { openStore } from "@q/beat";
import { silentLogger, systemClock } from "@q/kernel";

const error = await openStore(process.argv[2], { logger: silentLogger, clock: systemClock }).catch(
  (thrown) => thrown,
);
console.log(JSON.stringify({ code: error.code, message: error.message }));
