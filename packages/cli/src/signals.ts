import { asError } from "@q/kernel";
import type { Worker } from "@q/worker";
import { openInspectors, stackReport } from "@q/worker/internal";
import { hasChangedUser, isDetached } from "./detach.ts";
import { EXIT } from "./errors.ts";
import type { Io } from "./io.ts";

/**
 * Signals of a worker: TERM ends it warmly, QUIT coldly, INT warmly, then coldly, then at once.
 * `REMAP_SIGTERM=SIGQUIT` makes TERM cold. HUP ends it warmly, and asks for its restart where it was detached. USR1 writes into
 * the log what every process executes; USR2 opens their inspectors, where CELERY_RDBSIG is set. Tells the exit code that the signals ask for.
 */
export class WorkerSignals implements Disposable {
  readonly #worker: Worker;
  readonly #io: Io;
  readonly #handlers: Readonly<Record<string, () => void>>;
  #interrupts = 0;
  #isCold = false;
  #isHungUp = false;

  constructor(worker: Worker, io: Io) {
    this.#worker = worker;
    this.#io = io;
    const remapped = io.env["REMAP_SIGTERM"] === "SIGQUIT";
    this.#handlers = {
      SIGTERM: () => {
        this.#isHungUp = false;
        if (remapped) this.#cold();
        else this.#warm();
      },
      SIGQUIT: () => this.#cold(),
      SIGINT: () => this.#interrupt(),
      SIGHUP: () => this.#hangUp(),
      SIGUSR1: () => this.#report(stackReport(worker)),
      SIGUSR2: () => this.#debug(),
    };
    for (const [signal, handler] of Object.entries(this.#handlers)) process.on(signal, handler);
  }

  /** 0 after a warm shutdown, 1 after a cold one. */
  get exitCode(): number {
    return this.#isCold ? EXIT.failure : EXIT.ok;
  }

  /** The same command is to be run again when the worker has ended. */
  get wantsRestart(): boolean {
    return this.#isHungUp && !this.#isCold && isDetached(this.#io.env);
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

  /** A terminal that closes hangs up as well: then, and under a service manager, the end is all there is to do. */
  #hangUp(): void {
    if (isDetached(this.#io.env) && hasChangedUser())
      return this.#io.err("q worker: HUP is ignored: with --uid it could not open its files again");
    this.#isHungUp = true;
    this.#warm();
  }

  #interrupt(): void {
    this.#interrupts++;
    if (this.#interrupts === 1) this.#warm();
    else if (this.#interrupts === 2) this.#cold();
    else this.#hard();
  }

  #hard(): never {
    this.#worker.kill();
    process.exit(EXIT.failure);
  }

  #debug(): void {
    const { env, err } = this.#io;
    if (!env["CELERY_RDBSIG"])
      return err("q worker: USR2 is ignored: CELERY_RDBSIG=1 in the environment lets it open inspectors");
    this.#report(openInspectors(this.#worker, env).then((lines) => `inspectors:\n${lines.join("\n")}`));
  }

  #report(report: Promise<string>): void {
    const { logger } = this.#worker;
    void report.then(
      (text) => logger.warn({}, text),
      (thrown: unknown) => logger.error({ err: asError(thrown) }, "what the worker does could not be told"),
    );
  }
}
