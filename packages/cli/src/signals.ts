import type { Worker } from "@q/worker";
import { EXIT } from "./errors.ts";
import type { Io } from "./io.ts";

/**
 * Signals of a worker: TERM ends it warmly, QUIT coldly, INT warmly, then coldly, then at once.
 * `REMAP_SIGTERM=SIGQUIT` makes TERM cold. Returns the exit code that the signals ask for.
 */
export class WorkerSignals implements Disposable {
  readonly #worker: Worker;
  readonly #io: Io;
  readonly #handlers: Readonly<Record<string, () => void>>;
  #interrupts = 0;
  #isCold = false;

  constructor(worker: Worker, io: Io) {
    this.#worker = worker;
    this.#io = io;
    const remapped = io.env["REMAP_SIGTERM"] === "SIGQUIT";
    this.#handlers = {
      SIGTERM: () => (remapped ? this.#cold() : this.#warm()),
      SIGQUIT: () => this.#cold(),
      SIGINT: () => this.#interrupt(),
    };
    for (const [signal, handler] of Object.entries(this.#handlers)) process.on(signal, handler);
  }

  /** 0 after a warm shutdown, 1 after a cold one. */
  get exitCode(): number {
    return this.#isCold ? EXIT.failure : EXIT.ok;
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of Object.entries(this.#handlers)) process.off(signal, handler);
  }

  #warm(): void {
    this.#io.err("q worker: warm shutdown, waiting for running tasks");
    void this.#worker.stop("warm");
  }

  #cold(): void {
    this.#isCold = true;
    this.#io.err("q worker: cold shutdown, ending running tasks");
    void this.#worker.stop("cold");
  }

  #interrupt(): void {
    this.#interrupts++;
    if (this.#interrupts === 1) this.#warm();
    else if (this.#interrupts === 2) this.#cold();
    else process.exit(EXIT.failure);
  }
}
