import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BrokerUrlError } from "../errors.ts";
import { asUri, parseBrokerUrl, parseBrokerUrls, parseCustomScheme, sanitizeUrl } from "./parse-url.ts";

type Parts = [string, string | null, number | null, string | null, string | null, string | null, object];
const vectors = JSON.parse(
  readFileSync(new URL("../../../../test-integration/vectors/misc.json", import.meta.url), "utf8"),
) as { cases: { urls: [string, Parts | { error: string }][] } };

const readable = vectors.cases.urls.filter(([, expected]) => Array.isArray(expected));
const unreadable = vectors.cases.urls.filter(([, expected]) => !Array.isArray(expected));

describe("parseBrokerUrl", () => {
  it.each(readable)("reads %s as kombu does", (text, expected) => {
    const url = parseBrokerUrl(text);
    const parts = [url.scheme, url.hostname, url.port, url.username, url.password, url.virtualHost];
    expect([...parts.map((part) => part ?? null), { ...url.query }]).toEqual(expected);
  });

  it.each(unreadable)("refuses %s as kombu does", (text) => {
    expect(() => parseBrokerUrl(text)).toThrow(BrokerUrlError);
  });

  it("takes a lone text before @ as the user name", () => {
    expect(parseBrokerUrl("redis://pw@h")).toMatchObject({
      username: "pw",
      password: undefined,
      hostname: "h",
    });
  });

  it("keeps the slash of an absolute SQLite path", () => {
    expect(parseBrokerUrl("sqlite:///q.db").virtualHost).toBe("q.db");
    expect(parseBrokerUrl("sqlite:////var/lib/q.db").virtualHost).toBe("/var/lib/q.db");
    expect(parseBrokerUrl("sqlite://").virtualHost).toBeUndefined();
  });

  it("leaves alone a percent sign that is no escape", () => {
    expect(parseBrokerUrl("amqp://u:100%@h/%zz").password).toBe("100%");
    expect(parseBrokerUrl("amqp://u:100%@h/%zz").virtualHost).toBe("%zz");
  });

  it("keeps an unencoded @ inside the password", () => {
    expect(parseBrokerUrl("amqp://u:p@ss@h")).toMatchObject({
      username: "u",
      password: "p@ss",
      hostname: "h",
    });
  });

  it("keeps a parameter named __proto__ a parameter", () => {
    const { query } = parseBrokerUrl("redis://h?__proto__=1&a=2");
    expect(Object.keys(query)).toEqual(["__proto__", "a"]);
  });

  it("recognises a module and its export as the scheme", () => {
    const url = parseBrokerUrl("@scope/q-kafka:createTransport://u:pw@h:9092/v");
    expect(url).toMatchObject({
      scheme: "@scope/q-kafka:createTransport",
      hostname: "h",
      port: 9092,
      password: "pw",
    });
    expect(parseCustomScheme(url.scheme)).toEqual({ module: "@scope/q-kafka", name: "createTransport" });
    expect(parseCustomScheme("proj/transports:MyTransport")).toEqual({
      module: "proj/transports",
      name: "MyTransport",
    });
    expect(parseCustomScheme("redis")).toBeUndefined();
  });

  it("suggests the scheme when it was forgotten to be one", () => {
    expect(() => parseBrokerUrl("memory")).toThrow('Did you mean "memory://"?');
    expect(() => parseBrokerUrl("localhost")).toThrow(expect.not.stringContaining("Did you mean"));
  });

  it("does not repeat a password in an error", () => {
    for (const text of ["amqp://u:se/cret@h", "amqp://u:se#cret@h", "u:secret@h", "am qp://u:secret@h"]) {
      expect(() => parseBrokerUrl(text)).toThrow(
        expect.not.objectContaining({ message: expect.stringMatching(/cret/) }),
      );
    }
  });
});

describe("parseBrokerUrls", () => {
  it("splits at semicolons and keeps the order of lists", () => {
    const urls = parseBrokerUrls(["sentinel://a:26379; sentinel://b:26379/0", "redis://c"]);
    expect(urls.map((url) => url.hostname)).toEqual(["a", "b", "c"]);
    expect(urls[1]?.virtualHost).toBe("0");
  });

  it("refuses an empty list", () => {
    expect(() => parseBrokerUrls("")).toThrow(BrokerUrlError);
    expect(() => parseBrokerUrls([])).toThrow(BrokerUrlError);
  });
});

describe("sanitizeUrl", () => {
  it("masks passwords, also in lists, in parameters and in what cannot be read", () => {
    expect(sanitizeUrl("amqp://guest:secret@h:5672//")).toBe("amqp://guest:**@h:5672//");
    expect(sanitizeUrl("redis://:pw@a;redis://:pw@b/1")).toBe("redis://:**@a/;redis://:**@b/1");
    expect(sanitizeUrl("redis://pw@h")).toBe("redis://**@h/");
    expect(sanitizeUrl("redis://h?password=x&db=1")).toBe("redis://h/?password=**&db=1");
    expect(sanitizeUrl("amqp://u:se/cret@h")).toBe("amqp://**");
    expect(sanitizeUrl("secret")).toBe("**");
  });
});

describe("asUri", () => {
  it("writes what it read", () => {
    for (const text of [
      "amqp://u:p%40ss@h:5672//",
      "redis://[::1]:6379/1",
      "sqlite:////tmp/a%20b.db",
      "amqp://u:p@h/%2525",
    ]) {
      const url = parseBrokerUrl(text);
      expect({ ...parseBrokerUrl(asUri(url, { includePassword: true })), href: "" }).toEqual({
        ...url,
        href: "",
      });
    }
  });

  it("masks with the text it is given", () => {
    expect(asUri(parseBrokerUrl("amqp://u:p@h"), { mask: "xx" })).toBe("amqp://u:xx@h/");
  });
});
