/** A listener for errors of a stream: calls `then` when its reader has gone, and throws any other error. */
export function whenPipeBreaks(then: () => void): (error: Error) => void {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
    then();
  };
}
