import { filled, readContext } from "../../harness/contender.ts";
import { good, poison } from "./app.ts";

const { count, settings } = readContext();

/** As many good ones in any case; the poisonous come between them. */
const every = settings.poisonPercent === undefined ? Infinity : Math.round(100 / settings.poisonPercent);
const tasks = Array.from({ length: count }, (_, n) => (n % every === every - 1 ? [good, poison] : [good]));
await Promise.all(tasks.flat().map((task) => task.delay()));
filled();
