/**
 * The one life cycle of everything that runs in the background.
 *
 * `start` resolves when the service works; `drain` finishes what was begun and takes nothing new; `stop` asks for the
 * end and resolves when it is reached. All three may be called again, in any state, without harm.
 */
export interface Service {
  start(signal?: AbortSignal): Promise<void>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}
