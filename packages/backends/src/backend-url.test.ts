import { describe, expect, it } from "vitest";
import { parseBackendUrl } from "./backend-url.ts";

describe("parseBackendUrl", () => {
  it("reads an ordinary URL", () => {
    expect(parseBackendUrl("redis://:pw@h:7/2")).toMatchObject({
      scheme: "redis",
      password: "pw",
      port: 7,
      virtualHost: "2",
    });
  });

  it.each(["rpc", "redis", "cache+memory"])("takes the name %s for a URL without details", (name) => {
    expect(parseBackendUrl(name)).toMatchObject({ scheme: name, hostname: undefined, href: `${name}://` });
  });

  it("keeps all sentinels, with the login of the first and the database of the last", () => {
    const href = "sentinel://:pw@a:1;sentinel://b:2/3";
    expect(parseBackendUrl(href)).toMatchObject({
      scheme: "sentinel",
      password: "pw",
      virtualHost: "3",
      href,
    });
  });

  it("refuses a failover list of anything else", () => {
    expect(() => parseBackendUrl("redis://a;redis://b")).toThrow(/one URL/);
    expect(() => parseBackendUrl("")).toThrow(expect.objectContaining({ code: "ERR_Q_BROKER_URL" }));
  });
});
