import { asError, coalesce } from "@q/kernel";
import { encodeFrame, forgetContent, type Frame } from "../transfer/frame.ts";

/** Where an {@link Outbox} writes, and whom it tells about what cannot be written. */
export interface OutboxOptions<TMessage extends readonly unknown[]> {
  readonly write: (frame: Frame) => void;
  /** A message that cannot be cloned was left out; the others of its batch were not. */
  readonly onNotTransferable: (message: TMessage, error: Error) => void;
}

/** Collects messages and writes them as one frame, at the end of a turn of the event loop or somewhat later. */
export class Outbox<TMessage extends readonly unknown[]> {
  readonly #options: OutboxOptions<TMessage>;
  readonly #arm: () => void = coalesce(() => this.flush());
  #messages: TMessage[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** Messages that were handed to `save`. */
  #saved = 0;
  /** Frames written so far. */
  frames = 0;

  constructor(options: OutboxOptions<TMessage>) {
    this.#options = options;
  }

  /** Takes a message along with all others of this turn. */
  post(message: TMessage): void {
    this.#messages.push(message);
    this.#arm();
  }

  /** Takes a message along with all others of the next `delayMs`. */
  postWithin(message: TMessage, delayMs: number): void {
    this.#messages.push(message);
    this.#timer ??= setTimeout(() => this.flush(), delayMs);
  }

  /**
   * Hands what was posted to `save`, as the head of a frame, and writes what that does not take: then nothing is left
   * that only this process knows.
   */
  secure(save: (head: Uint8Array, frame: number) => boolean): void {
    const unsaved = this.#messages.slice(this.#saved);
    if (unsaved.length === 0) return;
    let frame: Frame;
    try {
      frame = encodeFrame(unsaved);
    } catch {
      return this.flush();
    }
    if (frame.blobs.length === 0 && save(frame.head, this.frames)) this.#saved = this.#messages.length;
    else if (this.#saved > 0) this.flush();
    else {
      const messages = this.#take();
      this.#write(frame);
      messages.forEach(forgetContent);
    }
  }

  /** Writes now what waits. */
  flush(): void {
    const messages = this.#take();
    if (messages.length === 0) return;
    try {
      this.#write(encodeFrame(messages));
    } catch {
      // Rare: find the culprits one by one, at the price of encoding the others twice.
      for (const message of messages) this.#writeAlone(message);
    }
    messages.forEach(forgetContent);
  }

  #take(): TMessage[] {
    const messages = this.#messages;
    this.#messages = [];
    this.#saved = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return messages;
  }

  #write(frame: Frame): void {
    this.frames++;
    this.#options.write(frame);
  }

  #writeAlone(message: TMessage): void {
    let frame: Frame;
    try {
      frame = encodeFrame([message]);
    } catch (error) {
      return this.#options.onNotTransferable(message, asError(error));
    }
    this.#write(frame);
  }
}
