import type { Channel, TransportConnection } from "../contracts.ts";
import { declareEntity } from "../entities/declare.ts";
import type { Exchange } from "../entities/exchange.ts";
import type { Queue } from "../entities/queue.ts";

/**
 * A producer's channel, and what has been declared on its connection.
 *
 * Once retired it takes nothing new; the channel closes when the last message on it has settled, because closing it
 * earlier would leave the fate of those messages unknown.
 */
export class ProducerLink {
  readonly connection: TransportConnection;
  readonly channel: Channel;
  readonly #declarations = new Map<Exchange | Queue, Promise<void>>();
  readonly #declared = new WeakSet<Exchange | Queue>();
  #inFlight = 0;
  #isRetired = false;

  constructor(connection: TransportConnection, channel: Channel) {
    this.connection = connection;
    this.channel = channel;
  }

  /** True when all entities have been declared here. They are told apart by identity. */
  hasDeclared(entities: readonly (Exchange | Queue)[]): boolean {
    for (const entity of entities) if (!this.#declared.has(entity)) return false;
    return true;
  }

  /** Declares what has not been declared here before; concurrent callers share one declaration. */
  async declare(entities: readonly (Exchange | Queue)[]): Promise<void> {
    for (const entity of entities) {
      if (!this.#declared.has(entity)) await this.#declareOnce(entity);
    }
  }

  #declareOnce(entity: Exchange | Queue): Promise<void> {
    const running = this.#declarations.get(entity);
    if (running) return running;
    const declaration = declareEntity(this.channel, entity)
      .then(() => void this.#declared.add(entity))
      .finally(() => this.#declarations.delete(entity));
    this.#declarations.set(entity, declaration);
    return declaration;
  }

  /** To be called for every message handed to the channel. */
  sending(): void {
    this.#inFlight++;
  }

  /** To be called when the channel has settled a message. */
  sent(): void {
    this.#inFlight--;
    if (this.#isRetired && this.#inFlight === 0) this.#close();
  }

  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    if (this.#inFlight === 0) this.#close();
  }

  #close(): void {
    // Its connection may be gone already; then there is nothing left to close.
    Promise.resolve(this.channel[Symbol.asyncDispose]()).catch(() => {});
  }
}
