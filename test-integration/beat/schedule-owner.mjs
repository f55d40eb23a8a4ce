// Tries to keep each of the schedule files that are named, one at each full fifth of a second. `START` tells when to begin.
import { setTimeout as sleep } from "node:timers/promises";
import { Beat } from "@q/beat";

const say = (line) => process.stdout.write(`${line}\n`);
let at = Number(process.env.START);
for (const store of process.argv.slice(2)) {
  const beat = new Beat({ store, send: () => {} });
  await sleep(at - Date.now());
  try {
    await beat.start();
    say(`${store} kept`);
  } catch (error) {
    say(`${store} ${error.code}`);
  }
  at += 200;
}
say("done");
