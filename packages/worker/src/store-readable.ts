import { QError } from "@q/kernel";
import type { ReplyAddress, ResultBackend, ResultMeta, StoredError, StoreOptions } from "@q/backends";
import type { BodyCodec } from "@q/messaging";
import { pythonRepr } from "@q/core/internal";

/** Where a failure is stored. */
export interface FailureStore {
  readonly backend: ResultBackend;
  readonly reply: ReplyAddress;
  readonly codec: BodyCodec;
  readonly options: StoreOptions;
}

/**
 * Stores a failure. Arguments of its error that cannot be written are replaced by their text, as in Celery; returns what
 * was stored.
 */
export async function storeReadable(meta: ResultMeta, store: FailureStore): Promise<ResultMeta> {
  const { backend, reply, codec, options } = store;
  try {
    await backend.store(meta, reply, options);
    return meta;
  } catch (thrown) {
    const { error } = meta;
    if (!QError.is(thrown) || thrown.code !== "ERR_Q_ENCODE" || !Array.isArray(error?.excMessage))
      throw thrown;
    const excMessage = error.excMessage.map((arg: unknown) =>
      isWritable(arg, codec) ? arg : pythonRepr(arg),
    );
    const readable = { ...meta, error: { ...error, excMessage } as StoredError };
    await backend.store(readable, reply, options);
    return readable;
  }
}

function isWritable(value: unknown, codec: BodyCodec): boolean {
  try {
    codec.encode(value, { serializer: "json", compression: undefined });
    return true;
  } catch {
    return false;
  }
}
