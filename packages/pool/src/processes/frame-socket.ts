import type { Socket } from "node:net";
import { FrameReader, frameChunks } from "../transfer/frame-stream.ts";
import type { Frame } from "../transfer/frame.ts";

/** Frames over a socket or pipe, in both directions. Errors of the socket are those of its owner to handle. */
export class FrameSocket {
  readonly #socket: Socket;

  constructor(socket: Socket, onFrame: (frame: Frame) => void) {
    this.#socket = socket;
    const reader = new FrameReader(onFrame);
    socket.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
  }

  /** One system call per frame where the socket takes it at once. */
  write(frame: Frame): void {
    if (this.#socket.destroyed) return;
    const [first, ...rest] = frameChunks(frame);
    if (rest.length > 0) this.#socket.cork();
    if (first) this.#socket.write(first);
    for (const chunk of rest) this.#socket.write(chunk);
    if (rest.length > 0) this.#socket.uncork();
  }

  /** Something waits for the other side to read. */
  get isCongested(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Resolves when everything written has left, or never will. */
  drained(): Promise<void> {
    if (!this.isCongested || this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write(Buffer.alloc(0), () => resolve()));
  }
}
