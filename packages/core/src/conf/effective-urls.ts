import type { Settings } from "./settings.ts";

type BrokerPart =
  | "brokerUrl"
  | "brokerTransport"
  | "brokerHost"
  | "brokerPort"
  | "brokerUser"
  | "brokerPassword"
  | "brokerVhost";
type BackendPart =
  | "resultBackend"
  | "databaseUrl"
  | "cacheBackend"
  | `redis${"Host" | "Port" | "Db" | "Username" | "Password"}`;

/** The embedded broker: one SQLite file below the working directory. */
const EMBEDDED = "sqlite:///.q/q.db";

/** Where the broker is: `broker_url`, or what the legacy parts such as `broker_host` say, or the embedded one. */
export function effectiveBrokerUrl(settings: Pick<Settings, BrokerPart>): string | readonly string[] {
  return settings.brokerUrl ?? legacyBrokerUrl(settings) ?? EMBEDDED;
}

/** Broker to consume from. */
export function effectiveReadUrl(
  settings: Pick<Settings, BrokerPart | "brokerReadUrl">,
): string | readonly string[] {
  return settings.brokerReadUrl ?? effectiveBrokerUrl(settings);
}

/** Broker to publish to. */
export function effectiveWriteUrl(
  settings: Pick<Settings, BrokerPart | "brokerWriteUrl">,
): string | readonly string[] {
  return settings.brokerWriteUrl ?? effectiveBrokerUrl(settings);
}

/**
 * Where results are stored, `null` for nowhere. Without `result_backend` the embedded broker keeps them in its own file;
 * with any other broker there is no backend.
 */
export function effectiveResultBackend(settings: Pick<Settings, BrokerPart | BackendPart>): string | null {
  const { resultBackend } = settings;
  if (resultBackend !== null)
    return resultBackend.includes("://") ? resultBackend : namedBackend(resultBackend, settings);
  const broker = effectiveBrokerUrl(settings);
  const first = typeof broker === "string" ? broker : (broker[0] ?? "");
  return first.startsWith("sqlite:") ? first : null;
}

function legacyBrokerUrl(settings: Pick<Settings, BrokerPart>): string | undefined {
  const { brokerTransport, brokerHost, brokerPort, brokerUser, brokerPassword, brokerVhost } = settings;
  if (brokerHost?.includes("://")) return brokerHost;
  const parts = [brokerTransport, brokerHost, brokerPort, brokerUser, brokerPassword, brokerVhost];
  if (parts.every((part) => part === null)) return undefined;
  const authority = { host: brokerHost, port: brokerPort, username: brokerUser, password: brokerPassword };
  return composeUrl(brokerTransport ?? "amqp", authority, brokerVhost);
}

/** Old configurations name the kind of backend and give its place in settings of their own. */
function namedBackend(name: string, settings: Pick<Settings, BackendPart>): string | null {
  const { databaseUrl, cacheBackend, redisHost, redisPort, redisDb, redisUsername, redisPassword } = settings;
  switch (name) {
    case "disabled":
      return null;
    case "database":
      return databaseUrl ?? "database://";
    case "cache":
      return cacheBackend === null
        ? "cache://"
        : `cache+${cacheBackend.includes("://") ? cacheBackend : `${cacheBackend}://`}`;
    case "redis": {
      const authority = {
        host: redisHost,
        port: redisPort,
        username: redisUsername,
        password: redisPassword,
      };
      return composeUrl("redis", authority, redisDb === null ? null : String(redisDb));
    }
    default:
      return `${name}://`;
  }
}

interface Authority {
  readonly host: string | null;
  readonly port: number | null;
  readonly username: string | null;
  readonly password: string | null;
}

function composeUrl(scheme: string, authority: Authority, path: string | null): string {
  const { host, port, username, password } = authority;
  const user = username === null ? "" : encodeURIComponent(username);
  const secret = password === null ? "" : `:${encodeURIComponent(password)}`;
  const login = user || secret ? `${user}${secret}@` : "";
  const hasPlace = login !== "" || host !== null || port !== null || path !== null;
  const place = hasPlace ? `${login}${host ?? "localhost"}${port === null ? "" : `:${port}`}` : "";
  return `${scheme}://${place}${path === null ? "" : `/${encodeURIComponent(path)}`}`;
}
