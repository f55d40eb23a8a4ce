import type { JobMessage } from "../remote/protocol.ts";

/** Jobs that were sent ahead of a free slot, in order; any of them can be called back. */
export class WaitingJobs {
  readonly #jobs = new Map<number, JobMessage>();

  get size(): number {
    return this.#jobs.size;
  }

  put(job: JobMessage): void {
    this.#jobs.set(job[1], job);
  }

  /** The first, or nothing. */
  take(): JobMessage | undefined {
    for (const [seq, job] of this.#jobs) {
      this.#jobs.delete(seq);
      return job;
    }
    return undefined;
  }

  /** False when it is not here. */
  remove(seq: number): boolean {
    return this.#jobs.delete(seq);
  }
}
