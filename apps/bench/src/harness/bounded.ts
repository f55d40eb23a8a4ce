/**
 * Waits for a step of the bench, but not for ever: a broker that stops answering, for example because it is
 * short of memory, must cost one sample and not the run.
 * @throws {Error} naming `step` when it takes more than `limitMs`. What it was doing goes on; its owner ends it.
 */
export async function bounded<T>(step: string, limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(`${step} took more than ${limitMs / 1000} s. Is the server alive and not out of memory?`),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
