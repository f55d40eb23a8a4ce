import { nearestName } from "@q/kernel";
import { BrokerUrlError } from "../errors.ts";
import type { BrokerUrl } from "./broker-url.ts";

/** `redis`, `sqla+postgresql`. Everything else in front of `://` must name a module and its export. */
const PLAIN_SCHEME = /^[a-z][a-z0-9+.-]*$/i;
/** `proj/transports:MyTransport`, `@scope/q-kafka:createTransport`. */
const CUSTOM_SCHEME = /^(?<module>[^:\s]+):(?<name>[A-Za-z_$][\w$]*)$/;
const SECRET_PARAMETER = /pass|secret|token|key$/i;

/** A custom scheme taken apart: the module to import and the export that is, or makes, the transport. */
export interface CustomScheme {
  readonly module: string;
  readonly name: string;
}

/** Reads `proj/transports:MyTransport`; `undefined` for an ordinary scheme. */
export function parseCustomScheme(scheme: string): CustomScheme | undefined {
  const groups = CUSTOM_SCHEME.exec(scheme)?.groups;
  return groups && { module: groups["module"] ?? "", name: groups["name"] ?? "" };
}

/**
 * Reads `transport://user:password@host:port/virtual-host?option=value`. Everything after `://` is optional and left
 * `undefined` when absent; every part is percent-decoded. As in kombu, a lone text before `@` is the *user name*: a
 * Redis password is written `redis://:password@host`.
 *
 * @throws {BrokerUrlError} when the text is no URL. The message never repeats the text, which may hold a password.
 * @see kombu/utils/url.py, url_to_parts
 */
export function parseBrokerUrl(text: string): BrokerUrl {
  const split = text.indexOf("://");
  if (split < 0) {
    const scheme = nearestName(text, ["amqp", "memory", "redis", "sqlite"]);
    const example = scheme === undefined ? "" : ` Did you mean "${scheme}://"?`;
    throw new BrokerUrlError(
      `A broker URL looks like "redis://localhost:6379/0"; this text has no "://".${example}`,
    );
  }
  const scheme = readScheme(text.slice(0, split));
  const [beforeFragment = ""] = text.slice(split + 3).split("#", 1);
  const [beforeQuery = ""] = beforeFragment.split("?", 1);
  const pathStart = beforeQuery.includes("/") ? beforeQuery.indexOf("/") : beforeQuery.length;
  return {
    scheme,
    ...readAuthority(beforeQuery.slice(0, pathStart), scheme),
    virtualHost: decode(beforeQuery.slice(pathStart + 1)) || undefined,
    query: readQuery(beforeFragment.slice(beforeQuery.length + 1)),
    href: text,
  };
}

/**
 * Reads one or several URLs: a text with `;` between them, or a list of such texts. The order is kept.
 *
 * @throws {BrokerUrlError} when one of them is no URL, or there is none
 */
export function parseBrokerUrls(urls: string | readonly string[]): BrokerUrl[] {
  const parsed = splitUrls(urls).map(parseBrokerUrl);
  if (parsed.length === 0)
    throw new BrokerUrlError('The broker URL is empty. Write one such as "redis://localhost".');
  return parsed;
}

/** The URL, or `;`-separated URLs, fit for a log: every password is replaced by `**`. Never throws. */
export function sanitizeUrl(urls: string | readonly string[]): string {
  const sanitizeOne = (text: string): string => {
    try {
      return asUri(parseBrokerUrl(text));
    } catch {
      // Unreadable, so nobody knows which part is the secret: keep the scheme only.
      return `${/^[\w+.-]+:\/\//.exec(text)?.[0] ?? ""}**`;
    }
  };
  return splitUrls(urls).map(sanitizeOne).join(";");
}

/** Options of {@link asUri}. */
export interface AsUriOptions {
  /** Writes the real password instead of `mask`. Default false. */
  readonly includePassword?: boolean;
  /** Stands for the password. Default `**`. */
  readonly mask?: string;
}

/** Writes a URL in its normal form, `amqp://guest:**@localhost:5672//`. */
export function asUri(url: BrokerUrl, options: AsUriOptions = {}): string {
  const { includePassword = false, mask = "**" } = options;
  const secret = (value: string): string => (includePassword ? encodeURIComponent(value) : mask);
  // `redis://password@host` is a common slip: Redis has no use for a user name without a password.
  const isMisplaced = url.password === undefined && url.scheme.startsWith("redis");
  const user = url.username === undefined ? "" : (isMisplaced ? secret : encodeURIComponent)(url.username);
  const password = url.password === undefined ? "" : `:${secret(url.password)}`;
  const host = url.hostname?.includes(":") ? `[${url.hostname}]` : (url.hostname ?? "");
  const port = url.port === undefined ? "" : `:${url.port}`;
  const query = Object.entries(url.query).map(
    ([name, value]) =>
      `${encodeURIComponent(name)}=${SECRET_PARAMETER.test(name) ? secret(value) : encodeURIComponent(value)}`,
  );
  return [
    `${url.scheme}://`,
    user || password ? `${user}${password}@` : "",
    `${host}${port}/${(url.virtualHost ?? "").replaceAll(/[%?#;]/g, encodeURIComponent)}`,
    query.length > 0 ? `?${query.join("&")}` : "",
  ].join("");
}

function splitUrls(urls: string | readonly string[]): string[] {
  const texts = typeof urls === "string" ? [urls] : urls;
  return texts.flatMap((text) => text.split(";").map((part) => part.trim())).filter((part) => part !== "");
}

function readScheme(text: string): string {
  if (PLAIN_SCHEME.test(text)) return text.toLowerCase();
  if (CUSTOM_SCHEME.test(text)) return text;
  throw new BrokerUrlError(
    'A broker URL starts with the name of a transport, "redis://", or with a module and its export, "my-pkg:create://".',
  );
}

function readAuthority(
  text: string,
  scheme: string,
): Pick<BrokerUrl, "username" | "password" | "hostname" | "port"> {
  const at = text.lastIndexOf("@");
  const account = at < 0 ? "" : text.slice(0, at);
  const colon = account.includes(":") ? account.indexOf(":") : account.length;
  const host = /^(?:\[(?<v6>[^\]]*)\]|(?<plain>[^:]*))(?::(?<port>.*))?$/.exec(text.slice(at + 1))?.groups;
  const port = host?.["port"] || undefined;
  if (host === undefined || (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))) {
    throw new BrokerUrlError(
      `The port of the ${scheme} URL is not a number from 0 to 65535. A "/", "#", "?", "@", ":" or ";" in a user name ` +
        "or password must be percent-encoded; several URLs are separated by ;.",
    );
  }
  return {
    username: decode(account.slice(0, colon)) || undefined,
    password: decode(account.slice(colon + 1)) || undefined,
    hostname: decode(host["v6"] ?? host["plain"] ?? "").toLowerCase() || undefined,
    port: port === undefined ? undefined : Number(port),
  };
}

/** As Python's parse_qsl: parameters without a value do not count, the last of a name wins. */
function readQuery(text: string): Record<string, string> {
  const pairs = [...new URLSearchParams(text)].filter(([, value]) => value !== "");
  // No prototype, so that a parameter named __proto__ is a parameter.
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(pairs));
}

/** Percent-decoding that leaves alone what is not an escape, as Python does; decodeURIComponent would throw. */
function decode(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}
