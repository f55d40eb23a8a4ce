import type { Crew } from "./crew.ts";
import type { RemoteExecutor } from "./remote-executor.ts";
import type { RemoteJob } from "./remote-job.ts";
import type { RemoteSettings } from "./remote-options.ts";

/** Decides which executor gets which job. */
export class Dispatch {
  readonly #crew: Crew;
  readonly #settings: RemoteSettings;
  #pending: RemoteJob[] = [];

  constructor(crew: Crew, settings: RemoteSettings) {
    this.#crew = crew;
    this.#settings = settings;
  }

  /** A job needs an executor. */
  put(job: RemoteJob): void {
    this.#pending.push(job);
    this.run();
  }

  /** A job that was with an executor needs another; it goes before those that came later. */
  putBack(job: RemoteJob): void {
    job.giveBack();
    const at = this.#pending.findIndex(({ seq }) => seq > job.seq);
    this.#pending.splice(at === -1 ? this.#pending.length : at, 0, job);
    this.run();
  }

  remove(job: RemoteJob): void {
    this.#pending = this.#pending.filter((other) => other !== job);
  }

  /** Gives out what can be given out. */
  run(): void {
    let given = 0;
    for (const job of this.#pending) {
      const executor = this.#choose();
      if (executor === undefined) break;
      executor.assign(job);
      given++;
    }
    if (given > 0) this.#pending.splice(0, given);
    if (this.#pending.length === 0 && this.#settings.strategy === "default") this.#rebalance();
  }

  /** The one with the most room; with the strategy `default`, else the one with the fewest jobs ahead. */
  #choose(): RemoteExecutor | undefined {
    let best: RemoteExecutor | undefined;
    let bestRoom = this.#settings.strategy === "default" ? -this.#settings.sendAhead : 0;
    for (const executor of this.#crew.members) {
      const { room } = executor;
      if (room <= bestRoom) continue;
      best = executor;
      bestRoom = room;
    }
    return best;
  }

  /** An executor has nothing to do while jobs wait behind another's: they are called back. */
  #rebalance(): void {
    let idle = this.#crew.members.reduce((sum, { room, recalls }) => sum + Math.max(0, room) - recalls, 0);
    for (const executor of this.#crew.members) {
      if (idle <= 0) return;
      const job = executor.lastUnstarted;
      if (job === undefined) continue;
      executor.recall(job);
      idle--;
    }
  }
}
