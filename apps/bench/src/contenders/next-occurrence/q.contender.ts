import { crontabFromString } from "@q/beat";
import { measureOccurrences } from "../shared/occurrences.ts";

await measureOccurrences((line, timeZone) => {
  const schedule = crontabFromString(line);
  const context = { timeZone };
  return (after) => schedule.next(after, context) ?? Number.NaN;
});
