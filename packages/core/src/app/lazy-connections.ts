import type { App } from "./app.ts";
import type { AppConnections } from "./app-connections.ts";
import type { TaskSender } from "./task-sender.ts";

/**
 * The connections of an app. Their code is loaded when it is first needed: a program that imports its tasks and sends
 * none has nothing to connect.
 */
export class LazyConnections {
  readonly #app: App;
  #loaded: AppConnections | undefined;
  #loading: Promise<AppConnections> | undefined;

  constructor(app: App) {
    this.#app = app;
  }

  load(): Promise<AppConnections> {
    this.#loading ??= import("./app-connections.ts").then(({ AppConnections }) => {
      this.#loaded = new AppConnections(this.#app);
      return this.#loaded;
    });
    return this.#loading;
  }

  /** The sender once everything behind it is there: sending then takes no detour over promises. */
  get readySender(): TaskSender | undefined {
    return this.#loaded?.readySender;
  }

  async sender(): Promise<TaskSender> {
    return this.readySender ?? (await (await this.load()).sender());
  }

  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }
}
