import { TransitMap } from "@q/kernel";
import type { JournalReader } from "../journal/journal.ts";
import type { RemoteJob } from "./remote-job.ts";

/**
 * The jobs that one executor was given, by number, until they are over or given back. They begin in the order of their
 * numbers, so the last that is known to have begun tells about all.
 */
export class GivenJobs {
  readonly #journal: JournalReader;
  readonly #onBegun: (job: RemoteJob) => void;
  readonly #jobs = new TransitMap<number, RemoteJob>();
  #last = 0;
  #begun = 0;
  /** Called back, and the executor has not said that it has seen so. */
  #unreturned = 0;

  constructor(journal: JournalReader, onBegun: (job: RemoteJob) => void) {
    this.#journal = journal;
    this.#onBegun = onBegun;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Number of the last job that was given. */
  get last(): number {
    return this.#last;
  }

  /** The executor has still to drop jobs that were called back: it is not reading its messages. */
  get isBehind(): boolean {
    return this.#unreturned > 0;
  }

  /** Some job has not begun, or may have without its executor having said so. */
  get isUnheard(): boolean {
    for (const job of this.#jobs.values()) if (!job.isHeard) return true;
    return false;
  }

  /** Those whose turn it is, with so many slots. */
  *first(slots: number): Iterable<RemoteJob> {
    let left = slots;
    for (const job of this.#jobs.values()) {
      if (left-- <= 0) return;
      yield job;
    }
  }

  get(number: number): RemoteJob | undefined {
    return this.#jobs.get(number);
  }

  has(job: RemoteJob): boolean {
    return this.#jobs.get(job.number) === job;
  }

  hasBegun(job: RemoteJob): boolean {
    return this.has(job) && job.number <= this.#begun;
  }

  /** Gives the job the number under which the executor is to know it. */
  give(job: RemoteJob): void {
    job.number = ++this.#last;
    this.#jobs.set(job.number, job);
  }

  /** It is known that this job has begun, and so those before it. */
  noteBegun(number: number): void {
    const first = this.#begun + 1;
    if (number < first) return;
    this.#begun = number;
    for (let each = first; each <= number; each++) {
      const job = this.#jobs.get(each);
      if (job) this.#onBegun(job);
    }
  }

  /** The job is over; undefined when it was before. */
  end(number: number): RemoteJob | undefined {
    const job = this.#jobs.get(number);
    this.#jobs.delete(number);
    return job;
  }

  /** The executor will not see, or has dropped, a job. Returns it unless it was called back. */
  returned(number: number): RemoteJob | undefined {
    const job = this.end(number);
    if (job === undefined) this.#unreturned--;
    return job;
  }

  /** Takes back what has not begun; the executor will not begin it, also if it does not read its messages now. */
  callBack(): readonly RemoteJob[] {
    if (this.#begun === this.#last) return [];
    this.noteBegun(this.#journal.callBack(this.#last));
    const back: RemoteJob[] = [];
    for (const [number, job] of this.#jobs) {
      if (number <= this.#begun) continue;
      this.#jobs.delete(number);
      this.#unreturned++;
      back.push(job);
    }
    return back;
  }

  /** Takes everything out. */
  clear(): { readonly begun: readonly RemoteJob[]; readonly unbegun: readonly RemoteJob[] } {
    const all = [...this.#jobs];
    this.#jobs.clear();
    return {
      begun: all.filter(([number]) => number <= this.#begun).map(([, job]) => job),
      unbegun: all.filter(([number]) => number > this.#begun).map(([, job]) => job),
    };
  }
}
