import type { MessagePort } from "node:worker_threads";
import type { Frame } from "../transfer/frame.ts";

/** Posts a frame. Its head changes hands; its blobs are copied once before they do, for their owner keeps them. */
export function postFrame(port: MessagePort, { head, blobs }: Frame): void {
  const parts = [head, ...blobs.map((blob) => new Uint8Array(blob))];
  port.postMessage(
    parts,
    parts.map(({ buffer }) => buffer as ArrayBuffer),
  );
}

/** The frame of a message that {@link postFrame} has posted. */
export function receivedFrame(parts: readonly Uint8Array[]): Frame {
  const [head = new Uint8Array(), ...blobs] = parts;
  return { head: Buffer.from(head.buffer, head.byteOffset, head.byteLength), blobs };
}
