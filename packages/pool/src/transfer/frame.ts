import { DefaultDeserializer, DefaultSerializer } from "node:v8";

/**
 * A value on its way to another process or thread: what the structured-clone serializer made of it, and beside it the
 * larger byte arrays, untouched, so that each is copied at most once.
 */
export interface Frame {
  readonly head: Uint8Array;
  readonly blobs: readonly Uint8Array[];
}

/** Byte arrays below this are cheaper inside the head than on their own. */
const MIN_BLOB_BYTES = 4096;

const INLINE = 0;
const BLOB_BUFFER = 1;
const BLOB_BYTES = 2;

/**
 * Byte arrays of the value that is being written or read; nothing else happens meanwhile. Not a field of the serializer:
 * an object of Node's that has one survives every small collection of garbage, and with it all that it has written.
 */
let blobs: Uint8Array[] = [];

class FrameSerializer extends DefaultSerializer {
  /** Called by V8 for byte arrays, which `DefaultSerializer` declares to be host objects. */
  _writeHostObject(view: ArrayBufferView): void {
    if (view instanceof Uint8Array && view.byteLength >= MIN_BLOB_BYTES) {
      this.writeUint32(Buffer.isBuffer(view) ? BLOB_BUFFER : BLOB_BYTES);
      this.writeUint32(blobs.push(view) - 1);
      return;
    }
    this.writeUint32(INLINE);
    inherited(DefaultSerializer, "_writeHostObject").call(this, view);
  }
}

class FrameDeserializer extends DefaultDeserializer {
  _readHostObject(): unknown {
    const place = this.readUint32();
    if (place === INLINE) {
      const view = inherited(DefaultDeserializer, "_readHostObject").call(this);
      // A view of the head would keep the whole batch alive as long as itself, and show it to whoever asks for its buffer.
      return Buffer.isBuffer(view) ? Buffer.from(view) : ownCopy(view as DataView | Uint8Array);
    }
    const blob = blobs[this.readUint32()];
    if (blob === undefined) throw new RangeError("a frame refers to a blob that it does not have");
    // Whatever class the channel has made of it.
    const { buffer, byteOffset, byteLength } = blob;
    return place === BLOB_BUFFER
      ? Buffer.from(buffer, byteOffset, byteLength)
      : new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/** The same view of memory that is its own, and no more than that: to clone it would be to clone all that it is a part of. */
function ownCopy(view: DataView | Uint8Array): unknown {
  if (!(view instanceof DataView)) return view.slice();
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Methods that Node documents, and its types leave out. */
function inherited(owner: { readonly prototype: object }, name: string): (...args: unknown[]) => unknown {
  return (owner.prototype as Record<string, (...args: unknown[]) => unknown>)[name] as never;
}

/** @throws DataCloneError when the value holds something that cannot be cloned: a function, a promise, a socket */
export function encodeFrame(value: unknown): Frame {
  const serializer = new FrameSerializer();
  serializer.writeHeader();
  blobs = [];
  serializer.writeValue(value);
  return { head: serializer.releaseBuffer(), blobs };
}

/** The value of a frame. Its byte arrays may be views of the frame's blobs, which nobody else may use afterwards. */
export function decodeFrame(frame: Frame): unknown {
  const deserializer = new FrameDeserializer(frame.head);
  deserializer.readHeader();
  blobs = [...frame.blobs];
  const value: unknown = deserializer.readValue();
  (deserializer as { buffer?: unknown }).buffer = undefined;
  return value;
}

/**
 * Empties a message that was written or dealt with. V8's serializer and deserializer keep every object that has passed
 * through them until they are collected themselves, and with a message all that it carries would live as long: to copy
 * what lives is the work of a garbage collection.
 */
export function forgetContent(message: readonly unknown[]): void {
  // Not by its length, which leaves the elements where they are.
  (message as unknown[]).fill(undefined);
}
