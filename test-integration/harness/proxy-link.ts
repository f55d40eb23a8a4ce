import { type Socket, connect } from "node:net";
import { ProxyPump, type Weather } from "./proxy-pump.ts";

export type Direction = "toServer" | "toClient";

/** `rst`: both ends see a reset, as after a crash. `fin`: both see an orderly end of the stream. */
export type CutMode = "rst" | "fin";

export interface LinkOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly weather: Weather;
  /** Sees bytes about to leave; returns what may still go. */
  readonly inspect: (direction: Direction, bytes: Buffer, link: ProxyLink) => Buffer;
  readonly onClosed: (link: ProxyLink) => void;
}

/** One client's connection through the proxy: a socket to the client, one to the server, and a pump each way. */
export class ProxyLink {
  readonly #options: LinkOptions;
  readonly #pumps: ProxyPump[] = [];
  #server: Socket | undefined;
  /** Ends that closed; while the network is down the other end does not learn of it. */
  readonly #closed = new Set<Socket>();
  readonly #failed = new Set<Socket>();
  #isCut = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { client } = options;
    client.setNoDelay(true);
    client.pause();
    this.#watch(client);
    this.update();
  }

  /** To be called when the weather has changed. */
  update(): void {
    if (this.#options.weather.isHeld) {
      for (const pump of this.#pumps) pump.update();
      return;
    }
    if (this.#server === undefined && this.#closed.size === 0 && !this.#isCut) this.#dial();
    for (const pump of this.#pumps) pump.update();
    this.#settle();
  }

  get isCut(): boolean {
    return this.#isCut;
  }

  /** Stops carrying bytes; the cut itself may follow once the last ones are written. */
  seal(): void {
    this.#isCut = true;
    for (const pump of this.#pumps) pump.close();
  }

  /** Ends both sides at once; what the pumps still hold is lost. */
  cut(mode: CutMode): void {
    this.seal();
    for (const socket of this.#sockets()) {
      if (mode === "rst") {
        socket.resetAndDestroy();
        continue;
      }
      // Closes when the peer ends too. Bytes left unread would turn the orderly end into a reset.
      socket.resume();
      socket.end();
    }
  }

  #dial(): void {
    const { client, target, weather, inspect } = this.#options;
    const server = connect({ ...target, noDelay: true, allowHalfOpen: true });
    this.#server = server;
    this.#watch(server);
    const toServer = (bytes: Buffer): Buffer => inspect("toServer", bytes, this);
    const toClient = (bytes: Buffer): Buffer => inspect("toClient", bytes, this);
    this.#pumps.push(
      new ProxyPump(client, server, { weather, inspect: toServer }),
      new ProxyPump(server, client, { weather, inspect: toClient }),
    );
  }

  #sockets(): Socket[] {
    return [this.#options.client, ...(this.#server === undefined ? [] : [this.#server])];
  }

  #watch(socket: Socket): void {
    socket.on("error", () => this.#failed.add(socket));
    socket.once("close", () => {
      this.#closed.add(socket);
      this.#settle();
    });
  }

  /** Passes the end of one side on to the other, once the network lets it through. */
  #settle(): void {
    if (this.#closed.size === 0 || this.#options.weather.isHeld) return;
    for (const pump of this.#pumps) pump.update();
    for (const socket of this.#sockets()) {
      if (this.#closed.has(socket)) continue;
      if (this.#failed.size > 0) socket.resetAndDestroy();
      else socket.destroySoon();
    }
    if (this.#sockets().every((socket) => this.#closed.has(socket))) {
      for (const pump of this.#pumps) pump.close();
      this.#options.onClosed(this);
    }
  }
}
