/** A promise with its two ends exposed (Node 20 has no `Promise.withResolvers`). */
export interface Deferred<TValue> {
  readonly promise: Promise<TValue>;
  resolve(value: TValue): void;
  reject(reason: unknown): void;
}

/** Creates a {@link Deferred}. */
export function deferred<TValue = void>(): Deferred<TValue> {
  let resolve!: (value: TValue) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<TValue>((ok, fail) => {
    resolve = ok;
    reject = fail;
  });
  return { promise, resolve, reject };
}
