import type { Debugger } from "node:inspector";

/** Takes part in the talk with a debugger: knows scripts by their id, and tells the first stack. */
export class PausedStack {
  readonly #urls = new Map<string, string>();

  onScript({ scriptId, url }: Debugger.ScriptParsedEventDataType): void {
    this.#urls.set(scriptId, url);
  }

  /** Frames as a stack trace has them: one line each, innermost first. */
  format(frames: readonly Debugger.CallFrame[]): string {
    return frames
      .map(({ functionName, url, location }) => {
        const script = this.#urls.get(location.scriptId) || url || "<anonymous>";
        const place = `${script}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
        return functionName === "" ? `    at ${place}` : `    at ${functionName} (${place})`;
      })
      .join("\n");
  }
}

/**
 * Milliseconds after which a paused program is told again to go on: a thread that is just lying down to wait may not
 * hear it the first time, and would stay paused for ever.
 */
export const RESUME_AGAIN_MS = 20;

/**
 * A program that has not paused within these milliseconds does nothing but wait: it has no stack. Many, for a machine with
 * too much to do, where somebody is most likely to ask.
 */
export const IDLE_AFTER_MS = 1000;
