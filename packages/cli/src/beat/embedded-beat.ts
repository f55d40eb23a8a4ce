import type { App } from "@q/core";
import type { Service } from "@q/kernel";
import { beatOptions } from "./beat-options.ts";
import { makeScheduler } from "./make-beat.ts";

/** The beat of `q worker -B`: it lives as long as the worker, and sends through the worker's app. */
export class EmbeddedBeat implements AsyncDisposable {
  readonly #app: App;
  readonly #options: { readonly schedule?: string | undefined; readonly scheduler?: string | undefined };
  #service: Service | undefined;

  constructor(app: App, options: { schedule?: string | undefined; scheduler?: string | undefined }) {
    this.#app = app;
    this.#options = options;
  }

  /** @throws {UsageError} for a scheduler that cannot be loaded, and what the scheduler throws */
  async start(): Promise<void> {
    const { schedule, scheduler } = this.#options;
    const options = await beatOptions({ app: this.#app, schedule });
    const { service } = await makeScheduler(scheduler ?? this.#app.conf.beatScheduler, options, this.#app);
    this.#service = service;
    await service.start();
    this.#app.events.emit("beat:started", { embedded: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.stop();
  }
}
