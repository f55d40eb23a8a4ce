import { type Cancel, systemClock } from "@q/kernel";

/** What it takes to watch over an executor. */
export interface PulseParts {
  readonly limitMs: number;
  /** Milliseconds since it was heard last. */
  readonly silentMs: () => number;
  /** Makes it answer. */
  readonly ping: () => void;
  readonly onSilence: () => void;
}

/** Asks an executor for a sign of life, three times in the time in which it has to give one. */
export function watchPulse({ limitMs, silentMs, ping, onSilence }: PulseParts): Cancel {
  let cancel: Cancel = () => {};
  const look = (): void => {
    if (silentMs() > limitMs) return onSilence();
    ping();
    cancel = systemClock.schedule(limitMs / 3, look);
  };
  look();
  return () => cancel();
}
