import type { Address, WireMessage } from "../../contracts.ts";

/** A mandatory message that is not confirmed yet. */
export interface MandatoryMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly correlationId: unknown;
  /** The broker had no queue for it. */
  isReturned: boolean;
}

/** The parts of a returned message that tell which one it is. */
export interface ReturnedMessage {
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: { readonly correlationId?: unknown };
}

/**
 * Tells which mandatory message the broker has returned. A return carries no publish number; but the broker sends
 * returns in the order of publishing, each before the confirm, so the oldest message that looks the same is the one.
 */
export class MandatoryReturns {
  readonly #expected = new Set<MandatoryMessage>();

  expect(message: WireMessage, to: Address): MandatoryMessage {
    const entry = { ...to, correlationId: message.properties.correlationId, isReturned: false };
    this.#expected.add(entry);
    return entry;
  }

  /** Called when the message is confirmed. */
  forget(entry: MandatoryMessage): void {
    this.#expected.delete(entry);
  }

  enter({ fields, properties }: ReturnedMessage): void {
    for (const entry of this.#expected) {
      const isSame = entry.exchange === fields.exchange && entry.routingKey === fields.routingKey;
      if (!isSame || entry.isReturned || entry.correlationId !== properties.correlationId) continue;
      entry.isReturned = true;
      return;
    }
  }
}
