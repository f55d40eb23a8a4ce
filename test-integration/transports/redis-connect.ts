import { type Logger, silentLogger, systemClock } from "@q/kernel";
import type { ConnectOptions } from "@q/messaging";

/** Connect options for a Redis URL of the form `redis://[:password@]host:port[/database]`. */
export function redisConnectOptions(
  href: string,
  transportOptions: Readonly<Record<string, unknown>> = {},
  logger: Logger = silentLogger,
): ConnectOptions {
  const { protocol, hostname, port, pathname, username, password } = new URL(href);
  return {
    url: {
      scheme: protocol.slice(0, -1),
      username: username === "" ? undefined : username,
      password: password === "" ? undefined : decodeURIComponent(password),
      hostname,
      port: port === "" ? undefined : Number(port),
      virtualHost: pathname.slice(1) || undefined,
      query: {},
      href,
    },
    transportOptions,
    connectTimeoutMs: 2000,
    heartbeatSeconds: 0,
    ssl: false,
    clientName: "q-test",
    logger,
    clock: systemClock,
  };
}
