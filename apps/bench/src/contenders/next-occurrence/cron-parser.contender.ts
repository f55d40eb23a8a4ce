import { CronExpressionParser } from "cron-parser";
import { measureOccurrences } from "../shared/occurrences.ts";

await measureOccurrences((line, tz) => {
  const expression = CronExpressionParser.parse(line, { tz });
  let place = Number.NaN;
  return (after) => {
    // It keeps its place by itself, which is its fastest way.
    if (after !== place) expression.reset(new Date(after));
    place = expression.next().getTime();
    return place;
  };
});
