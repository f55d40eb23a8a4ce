import type { Socket } from "node:net";

/** How bytes travel; one object shared by all pumps of a proxy, changed while they run. */
export interface Weather {
  /** Bytes stay where they are; nothing is lost. */
  isHeld: boolean;
  delayMs: () => number;
  /** 0 for no limit. Each direction of each connection has the whole rate. */
  bytesPerSecond: number;
}

/** Called with bytes about to leave; returns what may still go. */
export type Inspect = (bytes: Buffer) => Buffer;

interface Parcel {
  /** `undefined` stands for the end of the stream. */
  readonly bytes: Buffer | undefined;
  readonly dueAt: number;
}

const maxWaitingBytes = 256 * 1024;

/**
 * Carries one direction of a connection.
 *
 * Parcels wait in order until they are due, so a delay adds latency and not a limit on the rate. Once too much
 * waits, or while held, the source is not read, and its sender feels TCP's own back-pressure.
 */
export class ProxyPump {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  readonly #inspect: Inspect;
  readonly #waiting: Parcel[] = [];
  #waitingBytes = 0;
  #freeAt = 0;
  #isBlocked = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, rules: { weather: Weather; inspect: Inspect }) {
    this.#from = from;
    this.#to = to;
    this.#weather = rules.weather;
    this.#inspect = rules.inspect;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => this.#put(undefined));
    to.on("drain", () => {
      this.#isBlocked = false;
      this.update();
    });
    this.update();
  }

  /** To be called when the weather has changed. */
  update(): void {
    if (this.#isClosed) return;
    this.#forward();
    const isFull = this.#waitingBytes > maxWaitingBytes || this.#isBlocked || this.#weather.isHeld;
    if (isFull) this.#from.pause();
    else this.#from.resume();
  }

  /** Forgets what waits and carries nothing any more; the sockets are left to their owner. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #take(bytes: Buffer): void {
    // A tenth of a second's worth at a time, so that a throttled stream trickles.
    const step =
      this.#weather.bytesPerSecond > 0 ? Math.ceil(this.#weather.bytesPerSecond / 10) : bytes.length;
    for (let at = 0; at < bytes.length; at += step) this.#put(bytes.subarray(at, at + step));
    this.update();
  }

  #put(bytes: Buffer | undefined): void {
    if (this.#isClosed) return;
    const { bytesPerSecond, delayMs } = this.#weather;
    const length = bytes?.length ?? 0;
    const busyMs = bytesPerSecond > 0 ? (length / bytesPerSecond) * 1000 : 0;
    // Never before its predecessor, also when the delay is random.
    this.#freeAt = Math.max(this.#freeAt, performance.now() + delayMs()) + busyMs;
    this.#waiting.push({ bytes, dueAt: this.#freeAt });
    this.#waitingBytes += length;
    this.#forward();
  }

  #forward(): void {
    clearTimeout(this.#timer);
    while (!this.#weather.isHeld && !this.#isBlocked) {
      const parcel = this.#waiting[0];
      if (parcel === undefined) return;
      const leftMs = parcel.dueAt - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.update(), leftMs);
        return;
      }
      this.#waiting.shift();
      this.#waitingBytes -= parcel.bytes?.length ?? 0;
      this.#send(parcel.bytes);
    }
  }

  #send(bytes: Buffer | undefined): void {
    if (this.#to.destroyed || !this.#to.writable) return;
    if (bytes === undefined) {
      this.#to.end();
      return;
    }
    const rest = this.#inspect(bytes);
    if (rest.length > 0 && !this.#to.write(rest)) this.#isBlocked = true;
  }
}
