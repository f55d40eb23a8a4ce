import { randomInt } from "node:crypto";
import { createServer } from "node:net";

const [FIRST, RANGES, RANGE] = [15_000, 17, 1000] as const;

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Ports that this process has given out: whoever got one may not listen yet, or not at the moment. */
const given = new Set<number>();

/**
 * A TCP port on 127.0.0.1 that nobody listens on and that nobody else in this run is given.
 *
 * Below the range for outgoing connections on purpose: a client that reconnects in a loop to a dead port
 * inside that range ends up connected to itself, and the restarted server finds its port taken.
 */
export async function freePort(): Promise<number> {
  // Test files that run at the same time draw from ranges of their own.
  const first = FIRST + (Number(process.env["VITEST_POOL_ID"] ?? 0) % RANGES) * RANGE;
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(first, first + RANGE);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`No free port found between ${first} and ${first + RANGE}.`);
}
