import { readFileSync } from "node:fs";
import { asError, ImproperlyConfiguredError } from "@q/kernel";
import type { RedisOptions } from "ioredis";
import type { BrokerUrl } from "../../connection/broker-url.ts";
import { BrokerUrlError } from "../../errors.ts";
import type { ParsedRedisOptions } from "./redis-options.ts";

/** TLS as plain data, so that it can be sent to a thread. */
export interface RedisTls {
  readonly options: Readonly<Record<string, unknown>>;
  readonly checksHostname: boolean;
}

/** Where a Redis server is and how to log in: plain data, so that it can be sent to a thread. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** A Unix socket, instead of host and port. */
  readonly path: string | undefined;
  readonly database: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tls: RedisTls | undefined;
  readonly sentinels: RedisSentinels | undefined;
}

/** How to find a server through its sentinels. */
export interface RedisSentinels {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly masterName: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly isTls: boolean;
}

const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26379;

/**
 * Reads the URL of a Redis broker: `redis`, `rediss`, `valkey`, `valkeys`, `redis+socket`, `socket`, `sentinel`.
 *
 * @throws {BrokerUrlError} when the database is not a number
 * @throws {ImproperlyConfiguredError} when sentinels lack the name of their master
 */
export function redisAddress(
  url: BrokerUrl,
  ssl: boolean | Readonly<Record<string, unknown>>,
  options: ParsedRedisOptions,
): RedisAddress {
  const isSocket = url.scheme === "socket" || url.scheme.endsWith("+socket");
  const isSecure = url.scheme === "rediss" || url.scheme === "valkeys" || ssl !== false;
  const database = isSocket ? (url.query["virtual_host"] ?? url.query["db"]) : url.virtualHost;
  return {
    host: url.hostname ?? "localhost",
    port: url.port ?? DEFAULT_PORT,
    path: isSocket ? `/${(url.virtualHost ?? "").replace(/^\/+/, "")}` : undefined,
    database: parseDatabase(database ?? "", url),
    username: url.username ?? url.query["username"],
    password: url.password ?? url.query["password"],
    tls: isSecure ? parseTls({ ...url.query, ...(typeof ssl === "object" ? ssl : {}) }) : undefined,
    sentinels: url.scheme === "sentinel" ? parseSentinels(url, options) : undefined,
  };
}

function parseDatabase(text: string, url: BrokerUrl): number {
  const digits = text.replace(/^\/+/, "");
  if (digits === "") return 0;
  if (/^\d+$/.test(digits)) return Number(digits);
  throw new BrokerUrlError(
    `"${digits}" is not the number of a Redis database, in a URL with the scheme "${url.scheme}". ` +
      "Write it behind the port, as in redis://localhost:6379/0.",
  );
}

function parseSentinels(url: BrokerUrl, options: ParsedRedisOptions): RedisSentinels {
  if (!options.masterName) {
    throw new ImproperlyConfiguredError(
      "a sentinel:// broker needs the name of its master. Set master_name in broker_transport_options.",
    );
  }
  const { username, password, ssl } = options.sentinelKwargs;
  const nodes = url.href
    .split(";")
    .map((part) => /^(?:[\w+.-]+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/?]+)(?::(\d+))?/.exec(part.trim()))
    .map((match) => ({
      host: (match?.[1] ?? "localhost").replace(/^\[|\]$/g, ""),
      port: Number(match?.[2] ?? DEFAULT_SENTINEL_PORT),
    }));
  return {
    nodes,
    masterName: options.masterName,
    username: typeof username === "string" ? username : undefined,
    password: typeof password === "string" ? password : undefined,
    isTls: ssl === true,
  };
}

/** Options of Python's `ssl`, as URLs and `broker_use_ssl` have them, with what `node:tls` calls them. */
const files: Readonly<Record<string, string>> = {
  ssl_ca_certs: "ca",
  ssl_ca_cert: "ca",
  ca_certs: "ca",
  ssl_certfile: "cert",
  certfile: "cert",
  ssl_keyfile: "key",
  keyfile: "key",
};
const texts: Readonly<Record<string, string>> = {
  ssl_ciphers: "ciphers",
  ssl_keyfile_password: "passphrase",
  keyfile_password: "passphrase",
  server_hostname: "servername",
  ssl_password: "passphrase",
  ssl_ca_data: "ca",
};

/** Certificates are verified unless `ssl_cert_reqs` says `none`. */
function parseTls(given: Readonly<Record<string, unknown>>): RedisTls {
  const options: Record<string, unknown> = {};
  let checksHostname = true;
  for (const [name, value] of Object.entries(given)) {
    if (files[name] !== undefined) options[files[name]] = readOption(name, String(value));
    else if (texts[name] !== undefined) options[texts[name]] = value;
    else if (name === "ssl_cert_reqs" || name === "cert_reqs")
      options["rejectUnauthorized"] = isVerified(value);
    else if (name === "ssl_check_hostname" || name === "check_hostname")
      checksHostname = !["false", "0", "no"].includes(String(value).toLowerCase());
    else if (!name.includes("_")) options[name] = value;
  }
  return { options, checksHostname };
}

function readOption(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const text = `TLS to Redis: cannot read ${name} "${path}". Check the path and the rights of this user.`;
    throw new ImproperlyConfiguredError(text, { cause: asError(error) });
  }
}

/** Python's `CERT_NONE`, `CERT_OPTIONAL` and `CERT_REQUIRED`, by name or number. Nothing else turns the check off. */
function isVerified(value: unknown): boolean {
  const wanted = JSON.stringify(value ?? "nothing")
    .toLowerCase()
    .replace(/"|(ssl\.)?cert_/g, "");
  if (["required", "optional", "2", "1"].includes(wanted)) return true;
  if (["none", "0"].includes(wanted)) return false;
  throw new BrokerUrlError(`ssl_cert_reqs cannot be ${wanted}. Use "required" or "none".`);
}

/** The driver's options for that server. Nothing is ever repaired: a lost connection stays lost. */
export function driverOptions(address: RedisAddress): RedisOptions {
  const { tls, sentinels } = address;
  const secure = tls && {
    ...tls.options,
    ...(tls.checksHostname ? {} : { checkServerIdentity: () => undefined }),
  };
  return {
    db: address.database,
    // RESP2 is what every server and proxy speaks, and what tells of changed keys over pub/sub.
    protocol: 2,
    noDelay: true,
    lazyConnect: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: null,
    maxRetriesPerRequest: null,
    disableClientInfo: true,
    disconnectTimeout: 100,
    ...(address.username === undefined ? {} : { username: address.username, password: "" }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(secure && { tls: secure }),
    ...(sentinels
      ? sentinelOptions(sentinels)
      : address.path === undefined
        ? { host: address.host, port: address.port }
        : { path: address.path }),
  };
}

function sentinelOptions(sentinels: RedisSentinels): RedisOptions {
  return {
    sentinels: sentinels.nodes.map((node) => ({ ...node })),
    name: sentinels.masterName,
    sentinelRetryStrategy: () => null,
    ...(sentinels.username === undefined ? {} : { sentinelUsername: sentinels.username }),
    ...(sentinels.password === undefined ? {} : { sentinelPassword: sentinels.password }),
    ...(sentinels.isTls ? { enableTLSForSentinelMode: true } : {}),
  };
}
