/**
 * Makes a function that has `run` called soon, once for any number of calls: after all promises that are being settled
 * now, so that whatever one event causes is done together.
 *
 * Only the first time in a turn of the event loop. Calls after that wait for the end of the turn: who calls again from
 * what `run` has settled, for ever, must not keep the process from its sockets and timers.
 */
export function coalesce(run: () => void): () => void {
  let isArmed = false;
  let hasRun = false;
  const runNow = (): void => {
    isArmed = false;
    run();
  };
  const turnEnded = (): void => {
    hasRun = false;
  };
  return () => {
    if (isArmed) return;
    isArmed = true;
    if (hasRun) {
      setImmediate(runNow);
      return;
    }
    hasRun = true;
    process.nextTick(runNow);
    setImmediate(turnEnded);
  };
}
