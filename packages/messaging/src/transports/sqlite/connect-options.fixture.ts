import { silentLogger, systemClock } from "@q/kernel";
import type { ConnectOptions } from "../../contracts.ts";

/** How tests connect to a database file. */
export function sqliteConnectOptions(file: string): ConnectOptions {
  const nobody = { username: undefined, password: undefined, hostname: undefined, port: undefined };
  return {
    url: { scheme: "sqlite", ...nobody, virtualHost: file, query: {}, href: `sqlite:///${file}` },
    transportOptions: {},
    connectTimeoutMs: 1000,
    heartbeatSeconds: 0,
    ssl: false,
    clientName: "test",
    logger: silentLogger,
    clock: systemClock,
  };
}
