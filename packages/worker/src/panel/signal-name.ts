import { constants } from "node:os";
import { pythonError } from "./python-error.ts";

/**
 * A signal as Celery's clients name it: `SIGKILL`, `KILL`, `kill` or its number; `SIGTERM` for none.
 *
 * @throws an error named `KeyError` for what is no signal
 */
export function signalName(given: unknown): NodeJS.Signals {
  if (given === null || given === undefined || given === "") return "SIGTERM";
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const wanted = String(given as string | number).toUpperCase();
  const found = names.find(
    ([name, number]) =>
      name === wanted || name === `SIG${wanted}` || number === given || String(number) === wanted,
  );
  if (found === undefined) throw pythonError("KeyError", String(given as string | number));
  return found[0];
}
