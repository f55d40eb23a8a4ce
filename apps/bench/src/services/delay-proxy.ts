import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A TCP proxy that adds latency but keeps throughput. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Listens on a free port and forwards to `port` on this host, every chunk `delayMs` after it arrived.
 * Chunks wait side by side, not one after the other, as on a long wire.
 */
export async function startDelayProxy(port: number, delayMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>();
  const server: Server = createServer({ noDelay: true }, (downstream) => {
    const upstream = connect({ port, host: "127.0.0.1", noDelay: true });
    for (const socket of [downstream, upstream]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    }
    forward(downstream, upstream, delayMs);
    forward(upstream, downstream, delayMs);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function forward(from: Socket, to: Socket, delayMs: number): void {
  const waiting: { readonly dueMs: number; readonly chunk: Buffer }[] = [];
  let isScheduled = false;
  const deliver = (): void => {
    isScheduled = false;
    const now = performance.now();
    let head = waiting[0];
    while (head !== undefined && head.dueMs <= now) {
      waiting.shift();
      if (!to.write(head.chunk) && !from.isPaused()) {
        from.pause();
        to.once("drain", () => from.resume());
      }
      head = waiting[0];
    }
    schedule();
  };
  const schedule = (): void => {
    if (isScheduled || waiting.length === 0) return;
    isScheduled = true;
    // Timers are whole milliseconds and late; turning the loop for at most `delayMs` hits the mark.
    setImmediate(deliver);
  };
  from.on("data", (chunk: Buffer) => {
    waiting.push({ dueMs: performance.now() + delayMs, chunk });
    schedule();
  });
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}
