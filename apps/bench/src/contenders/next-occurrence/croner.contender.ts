import { Cron } from "croner";
import { measureOccurrences } from "../shared/occurrences.ts";

await measureOccurrences((line, timezone) => {
  const cron = new Cron(line, { timezone, paused: true });
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? Number.NaN;
});
