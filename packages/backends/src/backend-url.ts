import type { BrokerUrl } from "@q/messaging";
import { BrokerUrlError, parseBrokerUrls } from "@q/messaging/internal/client";

/**
 * Reads the URL of a result backend. A name alone, such as `rpc`, means `rpc://`; several sentinels are separated by
 * `;`, and the last one names the database.
 *
 * @throws {BrokerUrlError}
 */
export function parseBackendUrl(text: string): BrokerUrl {
  const href = /^[\w+.-]+$/.test(text) ? `${text}://` : text;
  const nodes = parseBrokerUrls(href);
  const [first, last] = [nodes[0], nodes.at(-1)];
  if (first === undefined || last === undefined) throw new BrokerUrlError("the result backend URL is empty.");
  if (nodes.length > 1 && nodes.some(({ scheme }) => scheme !== "sentinel")) {
    throw new BrokerUrlError(
      "a result backend has one URL: only sentinel:// URLs can be several, separated by ;. Results must stay in one place.",
    );
  }
  return {
    ...last,
    username: last.username ?? first.username,
    password: last.password ?? first.password,
    href,
  };
}
