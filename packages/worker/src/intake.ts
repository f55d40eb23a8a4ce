import { QError, asError } from "@q/kernel";
import type { BodyCodec, Delivery, WireMessage } from "@q/messaging";
import { InvalidTaskError, NotRegisteredError } from "@q/core";
import type { Desk } from "./desk.ts";
import { fromProtocol1, namesTask, shown } from "./incoming.ts";
import { createStrategy, type Strategy } from "./strategy.ts";

/** What the intake needs besides the desk. */
export interface IntakeParts {
  readonly codec: BodyCodec;
  /** Told of a message whose task is not registered here. */
  readonly onUnknown: (delivery: Delivery, message: WireMessage, error: NotRegisteredError) => void;
}

/**
 * The door of a worker: looks at each delivery, finds its task, and hands it to the task's strategy. Whatever is wrong
 * with a message, it is logged with its code and settled; nothing that comes in here can stop the worker.
 */
export class Intake {
  readonly #desk: Desk;
  readonly #parts: IntakeParts;
  readonly #strategies = new Map<string, Strategy>();

  constructor(desk: Desk, parts: IntakeParts) {
    this.#desk = desk;
    this.#parts = parts;
  }

  receive(delivery: Delivery): void {
    try {
      if (delivery.malformed) this.#desk.discard(delivery, delivery.malformed, "reject");
      else if (namesTask(delivery.message)) this.#receiveTask(delivery, delivery.message);
      else void this.#receiveProtocol1(delivery);
    } catch (thrown) {
      this.#desk.discard(delivery, asError(thrown), "reject");
    }
  }

  #receiveTask(delivery: Delivery, message: WireMessage): void {
    const name = message.headers["task"] as string;
    const { id } = message.headers;
    if (typeof id !== "string" || id === "") {
      throw new InvalidTaskError(`header "id" of a "${name}" message is not a text: ${shown(id)}`);
    }
    const strategy = this.#strategies.get(name) ?? this.#compile(name);
    if (strategy) strategy(delivery, message);
    else this.#parts.onUnknown(delivery, message, new NotRegisteredError(name, this.#desk.app.tasks.names()));
  }

  #compile(name: string): Strategy | undefined {
    const task = this.#desk.app.tasks.find(name);
    if (task === undefined) return undefined;
    const strategy = createStrategy(task, this.#desk);
    this.#strategies.set(name, strategy);
    return strategy;
  }

  /** Protocol 1 keeps everything in the body, so it must be decoded here. */
  async #receiveProtocol1(delivery: Delivery): Promise<void> {
    const { message } = delivery;
    try {
      const decoded = await this.#parts.codec.decodeMessage(message);
      const converted = fromProtocol1(message, decoded);
      if (converted === undefined)
        throw new InvalidTaskError("the message names no task: neither its headers nor its body do");
      this.#receiveTask(delivery, converted);
    } catch (thrown) {
      const error = asError(thrown);
      const isRefused = QError.is(error) && !(error instanceof InvalidTaskError);
      this.#desk.discard(delivery, error, isRefused ? "ack" : "reject");
    }
  }
}
