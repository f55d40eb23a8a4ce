import { once } from "node:events";
import { type Server, createServer } from "node:net";
import { freePort } from "./free-port.ts";
import { ProxyLink, type CutMode, type Direction } from "./proxy-link.ts";
import type { Weather } from "./proxy-pump.ts";
import { seededRandom, type SeededRandom } from "./seeded-random.ts";

export interface ProxyOptions {
  /** URL of the server behind the proxy; only host and port matter. */
  readonly target: string;
  /** For jitter; @see seededRandom */
  readonly seed?: number;
}

export interface CutTrigger {
  /** Cut when this many bytes, counted from now over all connections, have passed … */
  readonly bytes?: number;
  /** … or when this text has passed on one connection, also when it comes in pieces. */
  readonly match?: string | Buffer;
  readonly direction: Direction;
  /** @defaultValue "rst" */
  readonly mode?: CutMode;
  /**
   * `true`: the bytes up to the cut arrive. `false`: the piece with the last of them is swallowed, so that the
   * server has acted and the client never learns of it. @defaultValue true
   */
  readonly deliver?: boolean;
  /** Cut `"all"` connections or only the `"one"` that the bytes went through. @defaultValue "all" */
  readonly scope?: "all" | "one";
}

interface ArmedTrigger extends CutTrigger {
  readonly text: Buffer | undefined;
  /** What has passed lately on each connection: enough to find a text that comes in pieces. */
  readonly tails: WeakMap<ProxyLink, Buffer>;
  passedBytes: number;
  readonly fire: () => void;
}

/** A TCP proxy that makes the network as bad as a test needs it; one call, one fault. */
export class FaultProxy implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** The target's URL with the proxy's host and port. */
  readonly url: string;
  readonly random: SeededRandom;
  /** Since the start: connections accepted and cut, bytes passed on. */
  readonly counters: { connections: number; cuts: number; toServer: number; toClient: number } = {
    connections: 0,
    cuts: 0,
    toServer: 0,
    toClient: 0,
  };
  readonly #target: { host: string; port: number };
  readonly #links = new Set<ProxyLink>();
  readonly #triggers = new Set<ArmedTrigger>();
  readonly #weather: Weather = { isHeld: false, delayMs: () => 0, bytesPerSecond: 0 };
  #server: Server | undefined;

  constructor(port: number, { target, seed }: ProxyOptions) {
    this.port = port;
    this.url = this.urlOf(target);
    this.random = seededRandom(seed);
    const { hostname, port: targetPort, protocol } = new URL(target);
    const usual = protocol.startsWith("amqp") ? 5672 : 6379;
    this.#target = { host: hostname, port: Number(targetPort || usual) };
  }

  /** Another URL of the target (other database, virtual host or login), led through the proxy. */
  urlOf(url: string): string {
    const changed = new URL(url);
    changed.hostname = this.host;
    changed.port = String(this.port);
    return changed.href;
  }

  /** Connections open at the moment. */
  get open(): number {
    return this.#uncut().length;
  }

  /** Cuts all open connections and returns their number. New ones are welcome: see {@link refuse}. */
  cut({ mode = "rst" }: { mode?: CutMode } = {}): number {
    const links = this.#uncut();
    for (const link of links) link.cut(mode);
    this.counters.cuts += links.length;
    return links.length;
  }

  /**
   * Cuts as soon as the trigger's bytes have passed; resolves when it has done so. Fires once.
   * The cut follows the last byte immediately, before the proxy reads anything else.
   */
  cutAfter(trigger: CutTrigger): Promise<void> {
    if ((trigger.bytes === undefined) === (trigger.match === undefined)) {
      throw new TypeError("cutAfter needs either bytes or match.");
    }
    return new Promise((resolve) => {
      const text = trigger.match === undefined ? undefined : Buffer.from(trigger.match);
      this.#triggers.add({ ...trigger, text, tails: new WeakMap(), passedBytes: 0, fire: resolve });
    });
  }

  /**
   * The network goes down: bytes, ends and resets stop in both directions while sockets stay open on both
   * sides. New connections are accepted, and nothing happens on them.
   */
  blackhole(): void {
    this.#weather.isHeld = true;
    this.#update();
  }

  /** The network comes back. What was sent meanwhile arrives now, as TCP would retransmit it. */
  heal(): void {
    this.#weather.isHeld = false;
    this.#update();
  }

  /** Adds latency to each direction (so twice as much to a round trip), plus up to `jitterMs` by seeded chance. */
  delay(delayMs: number, { jitterMs = 0 }: { jitterMs?: number } = {}): void {
    this.#weather.delayMs = jitterMs === 0 ? () => delayMs : () => delayMs + this.random.next() * jitterMs;
    this.#update();
  }

  /** Limits the rate of each direction of each connection; 0 lifts the limit. */
  throttle(bytesPerSecond: number): void {
    this.#weather.bytesPerSecond = bytesPerSecond;
    this.#update();
  }

  /** New connections get ECONNREFUSED. Open ones stay: see {@link cut}. */
  refuse(): void {
    // The port closes at once; the callback of close() would wait for the last connection.
    this.#server?.close();
    this.#server = undefined;
  }

  /** Welcomes new connections again. */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      this.counters.connections++;
      const link = new ProxyLink({
        client,
        target: this.#target,
        weather: this.#weather,
        inspect: (direction, bytes, from) => this.#inspect(direction, bytes, from),
        onClosed: (closed) => this.#links.delete(closed),
      });
      this.#links.add(link);
    });
    this.#server = server;
    server.listen({ port: this.port, host: this.host });
    await once(server, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse();
    this.heal();
    for (const link of this.#links) link.cut("rst");
  }

  #update(): void {
    for (const link of this.#links) link.update();
  }

  #uncut(): ProxyLink[] {
    return [...this.#links].filter((link) => !link.isCut);
  }

  #inspect(direction: Direction, bytes: Buffer, link: ProxyLink): Buffer {
    for (const trigger of this.#triggers) {
      if (trigger.direction !== direction) continue;
      const end = findCut(trigger, bytes, link);
      if (end === undefined) continue;
      this.#triggers.delete(trigger);
      const { mode = "rst", deliver = true, scope = "all", fire } = trigger;
      const last = deliver ? bytes.subarray(0, end) : Buffer.alloc(0);
      this.counters[direction] += last.length;
      const links = scope === "all" ? this.#uncut() : [link];
      for (const one of links) one.seal();
      this.counters.cuts += links.length;
      // Once the pump has written the last bytes.
      process.nextTick(() => {
        for (const one of links) one.cut(mode);
        fire();
      });
      return last;
    }
    this.counters[direction] += bytes.length;
    return bytes;
  }
}

/** The number of bytes that may pass before the cut, or `undefined` when it is not time yet. */
function findCut(trigger: ArmedTrigger, bytes: Buffer, link: ProxyLink): number | undefined {
  const { text } = trigger;
  if (text === undefined) {
    const left = (trigger.bytes ?? 0) - trigger.passedBytes;
    trigger.passedBytes += bytes.length;
    return bytes.length >= left ? left : undefined;
  }
  const tail = trigger.tails.get(link) ?? Buffer.alloc(0);
  const seen = Buffer.concat([tail, bytes]);
  const at = seen.indexOf(text);
  if (at >= 0) return at + text.length - tail.length;
  trigger.tails.set(link, seen.subarray(Math.max(0, seen.length - text.length + 1)));
  return undefined;
}

/** Starts a {@link FaultProxy} in front of `target`. */
export async function startProxy(options: ProxyOptions): Promise<FaultProxy> {
  const proxy = new FaultProxy(await freePort(), options);
  await proxy.accept();
  return proxy;
}
