import type { App } from "@q/core";
import { EventReceiver, EventState } from "@q/core/events";
import { UsageError } from "../../errors.ts";
import { Monitor } from "./monitor.ts";

/** Milliseconds between two pictures: events may come by the thousand. */
const REFRESH_MS = 250;

/**
 * Runs the terminal monitor until somebody quits it or `signal` aborts.
 *
 * @throws {UsageError} when standard input or output is no terminal
 */
export async function runMonitor(app: App, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new UsageError(
      "q events shows its screen on a terminal, and this is none. Use q events --dump, --json or --camera module:export",
    );
  }
  const state = new EventState({ logger: app.logger, clock: app.clock });
  const stop = new AbortController();
  using monitor = new Monitor(app, { state, terminal: stdout, quit: () => stop.abort() });
  const onKey = (typed: Buffer): void => monitor.key(typed.toString());
  const timer = setInterval(() => monitor.draw(), REFRESH_MS);
  stdin.setRawMode(true).on("data", onKey).resume();
  try {
    monitor.draw();
    const until = AbortSignal.any([signal, stop.signal]);
    await new EventReceiver(app).capture({ "*": (event) => state.event(event) }, { signal: until });
  } finally {
    clearInterval(timer);
    stdin.setRawMode(false).off("data", onKey).pause();
  }
}
