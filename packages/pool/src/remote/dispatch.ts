import { type Cancel, systemClock } from "@q/kernel";
import type { Crew } from "./crew.ts";
import type { RemoteExecutor } from "./remote-executor.ts";
import type { RemoteJob } from "./remote-job.ts";

/**
 * Milliseconds that an executor may have nothing to do while jobs wait with others. The next job, or their own end, is
 * on its way most of the time.
 */
const MAX_IDLE_MS = 2;

/** Decides which executor gets which job. */
export class Dispatch {
  readonly #crew: Crew;
  #pending: RemoteJob[] = [];
  #balancing: Cancel | undefined;

  constructor(crew: Crew) {
    this.#crew = crew;
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
    if (this.#pending.length === 0) this.#balance();
  }

  /** Calls jobs back from the busiest executor when another has nothing to do, and goes on having nothing to do. */
  #balance(): void {
    if (this.#balancing) return;
    const idle = this.#crew.members.find(({ room, vacancies }) => room > 0 && vacancies > 0);
    if (idle === undefined || this.#busiest().vacancies >= 0) return;
    const { jobs } = idle.writes;
    this.#balancing = systemClock.schedule(MAX_IDLE_MS, () => {
      this.#balancing = undefined;
      if (idle.room <= 0 || idle.writes.jobs > jobs) return this.#balance();
      const busiest = this.#busiest();
      if (busiest.vacancies < 0) busiest.callBack();
    });
  }

  #busiest(): RemoteExecutor {
    return this.#crew.members.reduce((a, b) => (b.vacancies < a.vacancies ? b : a));
  }

  /** Of those that have room for a job the one that has the fewest. */
  #choose(): RemoteExecutor | undefined {
    let best: RemoteExecutor | undefined;
    for (const executor of this.#crew.members) {
      if (executor.room > 0 && (best === undefined || executor.vacancies > best.vacancies)) best = executor;
    }
    return best;
  }
}
