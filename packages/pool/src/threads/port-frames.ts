import type { MessagePort } from "node:worker_threads";
import type { Frame } from "../transfer/frame.ts";

/** Posts a frame. Its blobs are copied once, for their owner keeps them, and then change hands. */
export function postFrame(port: MessagePort, frame: Frame): void {
  const parts = [frame.head, ...frame.blobs].map((part) => new Uint8Array(part));
  port.postMessage(
    parts,
    parts.map(({ buffer }) => buffer),
  );
}

/** The frame of a message that {@link postFrame} has posted. */
export function receivedFrame(parts: readonly Uint8Array[]): Frame {
  const [head = new Uint8Array(), ...blobs] = parts;
  return { head: Buffer.from(head.buffer, head.byteOffset, head.byteLength), blobs };
}
