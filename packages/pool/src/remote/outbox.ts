import { coalesce } from "@q/kernel";
import { encodeFrame, type Frame } from "../transfer/frame.ts";

/** Where an {@link Outbox} writes, and whom it tells about what cannot be written. */
export interface OutboxOptions<TMessage> {
  readonly write: (frame: Frame) => void;
  /** A message that cannot be cloned was left out; the others of its batch were not. */
  readonly onNotTransferable: (message: TMessage, error: Error) => void;
}

/** Collects the messages of one turn of the event loop and writes them as one frame. */
export class Outbox<TMessage> {
  readonly #options: OutboxOptions<TMessage>;
  readonly #arm: () => void = coalesce(() => this.flush());
  #messages: TMessage[] = [];
  /** Frames written so far. */
  frames = 0;

  constructor(options: OutboxOptions<TMessage>) {
    this.#options = options;
  }

  post(message: TMessage): void {
    this.#messages.push(message);
    this.#arm();
  }

  /** Writes now what waits for the end of the turn. */
  flush(): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    this.frames++;
    try {
      this.#options.write(encodeFrame(messages));
    } catch {
      // Rare: find the culprits one by one, at the price of encoding the others twice.
      for (const message of messages) this.#writeAlone(message);
    }
  }

  #writeAlone(message: TMessage): void {
    let frame: Frame;
    try {
      frame = encodeFrame([message]);
    } catch (error) {
      return this.#options.onNotTransferable(
        message,
        error instanceof Error ? error : new Error(String(error)),
      );
    }
    this.#options.write(frame);
  }
}
