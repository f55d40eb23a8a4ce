import { type Clock, deferred, type Deferred } from "@q/kernel";
import type { Settlement } from "../../contracts.ts";
import { ConnectionError } from "../../errors.ts";
import type { SqliteBroker } from "./sqlite-broker.ts";

/** Message ids by what happens to them. */
type Settled = Record<Settlement, number[]>;

/**
 * Settlements of one channel, written together: those of one turn, and those that come in while another process
 * keeps the database locked.
 */
export class Settlements {
  readonly #broker: SqliteBroker;
  readonly #clock: Clock;
  #collecting: Settled | undefined;
  #underWay = 0;
  #failure: unknown;
  #settled: Deferred<void> | undefined;

  constructor(broker: SqliteBroker, clock: Clock) {
    this.#broker = broker;
    this.#clock = clock;
  }

  add(id: number, how: Settlement): void {
    if (this.#collecting === undefined) {
      this.#collecting = { ack: [], reject: [], requeue: [], return: [] };
      void this.#write(this.#collecting);
    }
    this.#collecting[how].push(id);
  }

  /** Resolves when everything added so far is written. @throws {ConnectionError} when it could not be */
  async flush(): Promise<void> {
    if (this.#underWay > 0) await (this.#settled ??= deferred()).promise;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #write(settled: Settled): Promise<void> {
    this.#underWay++;
    const { database } = this.#broker;
    try {
      const owner = await this.#broker.owner.id();
      await database.write(({ wakes }) => {
        if (this.#collecting === settled) this.#collecting = undefined;
        this.#apply(settled, owner);
        if (settled.reject.length + settled.requeue.length + settled.return.length > 0)
          wakes.add(this.#broker.messages.wakeFile);
      });
    } catch (error) {
      if (this.#collecting === settled) this.#collecting = undefined;
      this.#failure = error;
      // What is not settled belongs to us for ever, unless this owner ends.
      if (error instanceof ConnectionError) database.fail(error);
    }
    this.#underWay--;
    if (this.#underWay > 0) return;
    this.#settled?.resolve();
    this.#settled = undefined;
  }

  #apply({ ack, reject, requeue, return: returned }: Settled, owner: number): void {
    const { messages } = this.#broker;
    if (ack.length > 0) messages.remove(ack, owner);
    if (reject.length > 0) messages.reject(reject, owner, this.#clock.now());
    if (requeue.length > 0) messages.giveBack(requeue, owner);
    if (returned.length > 0) messages.undoClaim(returned, owner);
  }
}
