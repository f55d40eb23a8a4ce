import { emitKeypressEvents } from "node:readline";
import type { App } from "@q/core";
import { EventReceiver, EventState } from "@q/core/events";
import { UsageError } from "../../errors.ts";
import { Monitor } from "./monitor.ts";

/** Milliseconds between two pictures: events may come by the thousand. */
const REFRESH_MS = 250;

/** How the monitor runs. */
export interface RunMonitorOptions {
  readonly color: boolean;
  readonly signal: AbortSignal;
}

/**
 * Runs the terminal monitor until somebody quits it or `signal` aborts.
 *
 * @throws {UsageError} when standard input or output is no terminal
 */
export async function runMonitor(app: App, { color, signal }: RunMonitorOptions): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new UsageError(
      "q events shows its screen on a terminal, and this is none. Use q events --dump, --json or --camera module:export",
    );
  }
  const state = new EventState({ logger: app.logger, clock: app.clock });
  const stop = new AbortController();
  const broker = (await app.connectionForWrite()).asUri();
  const title = `q events   ${broker}`;
  using monitor = new Monitor(app, { state, terminal: stdout, color, title, quit: () => stop.abort() });
  monitor.trouble = "connecting";
  // What is typed quickly comes in one piece of data.
  const onKey = (_text: string | undefined, { sequence }: { sequence: string }): void =>
    monitor.key(sequence);
  emitKeypressEvents(stdin);
  const timer = setInterval(() => monitor.draw(), REFRESH_MS);
  stdin.setRawMode(true).on("keypress", onKey).resume();
  const receiver = new EventReceiver(app, {
    onUp: () => (monitor.trouble = ""),
    onLost: () => (monitor.trouble = "connection lost, connecting again"),
  });
  try {
    monitor.draw();
    const until = AbortSignal.any([signal, stop.signal]);
    await receiver.capture({ "*": (event) => state.event(event) }, { signal: until });
  } finally {
    clearInterval(timer);
    stdin.setRawMode(false).off("keypress", onKey).pause();
  }
}
