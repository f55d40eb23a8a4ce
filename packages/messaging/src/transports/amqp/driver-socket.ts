import type { Socket } from "node:net";
import type { DriverConnection } from "./amqp-driver.ts";

/** What the driver keeps to itself and we need; it may be missing in another version. */
interface DriverInternals {
  readonly stream?: Socket;
}

/** The socket below a connection of the driver, which offers no way to reach it. */
export class DriverSocket {
  readonly #socket: Socket | undefined;

  constructor(driver: DriverConnection) {
    const { stream } = driver.connection as unknown as DriverInternals;
    this.#socket = typeof stream?.destroy === "function" ? stream : undefined;
  }

  /** Ends the connection without a handshake; the driver reports `reason` as its error. */
  destroy(reason: Error): void {
    this.#socket?.destroy(reason);
  }
}
