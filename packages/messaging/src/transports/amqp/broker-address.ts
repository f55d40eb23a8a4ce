import type { ConnectionOptions as TlsOptions } from "node:tls";
import { ImproperlyConfiguredError } from "@q/kernel";
import type { ConnectOptions } from "../../contracts.ts";
import type { AmqpDriver } from "./amqp-driver.ts";
import type { AmqpOptions } from "./amqp-options.ts";
import { tlsOptions } from "./tls-options.ts";

type DriverUrl = Exclude<Parameters<AmqpDriver["connect"]>[0], string | ((...args: never) => unknown)>;

/** The two arguments of the driver's `connect`, and the broker's name for messages. */
export interface DriverTarget {
  readonly url: DriverUrl;
  readonly socket: Record<string, unknown>;
  /** Host, port and virtual host; never the password. */
  readonly where: string;
}

/** The virtual host of a broker URL: `/` when the path is absent, empty or a second slash. */
export function virtualHostOf(path: string | undefined): string {
  return path === undefined || path === "" ? "/" : path;
}

/** @throws {ImproperlyConfiguredError} when the TLS options cannot be used. */
export async function driverTarget(
  driver: AmqpDriver,
  connect: ConnectOptions,
  options: AmqpOptions,
): Promise<DriverTarget> {
  const { url } = connect;
  const isSecure = url.scheme === "amqps" || Boolean(connect.ssl);
  const hostname = url.hostname ?? "localhost";
  const port = url.port ?? (isSecure ? 5671 : 5672);
  const virtualHost = virtualHostOf(url.virtualHost);
  const tls: TlsOptions = isSecure ? await tlsOptions(connect.ssl) : {};
  return {
    url: {
      protocol: isSecure ? "amqps" : "amqp",
      hostname,
      port,
      // The driver decodes it once more.
      vhost: encodeURIComponent(virtualHost),
      heartbeat: heartbeatSeconds(connect.heartbeatSeconds),
      ...(options.frameMax !== undefined && { frameMax: options.frameMax }),
      ...(options.channelMax !== undefined && { channelMax: options.channelMax }),
    },
    socket: {
      ...tls,
      // Without it small frames wait for the acknowledgement of the ones before them: 40 ms per round trip.
      noDelay: true,
      keepAlive: true,
      timeout: connectTimeoutMs(connect, options),
      credentials: credentials(driver, connect, options.loginMethod),
      clientProperties: { product: "Q", connection_name: connect.clientName, ...options.clientProperties },
    },
    where: `${hostname}:${port}, virtual host "${virtualHost}"`,
  };
}

/** The time within which `connect` settles, milliseconds. */
export function connectTimeoutMs(connect: ConnectOptions, options: AmqpOptions): number {
  return options.connectTimeout === undefined ? connect.connectTimeoutMs : options.connectTimeout * 1000;
}

/** The protocol counts whole seconds, and 0 would disable it. */
function heartbeatSeconds(wanted: number): number {
  return wanted <= 0 ? 0 : Math.max(1, Math.round(wanted));
}

function credentials(
  driver: AmqpDriver,
  connect: ConnectOptions,
  method: AmqpOptions["loginMethod"],
): unknown {
  const { username = "guest", password = "guest" } = connect.url;
  switch (method) {
    case "PLAIN":
      return driver.credentials.plain(username, password);
    case "AMQPLAIN":
      return driver.credentials.amqplain(username, password);
    case "EXTERNAL":
      return driver.credentials.external();
    default:
      throw new ImproperlyConfiguredError(`unknown login method "${String(method satisfies never)}".`);
  }
}
