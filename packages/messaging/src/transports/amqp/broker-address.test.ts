import * as driver from "amqplib/callback_api";
import { silentLogger, systemClock } from "@q/kernel";
import { describe, expect, it } from "vitest";
import type { BrokerUrl } from "../../connection/broker-url.ts";
import { parseAmqpOptions } from "./amqp-option-schema.ts";
import { driverTarget, virtualHostOf } from "./broker-address.ts";

const url: BrokerUrl = {
  scheme: "amqp",
  username: "ann",
  password: "s3cret",
  hostname: "mq",
  port: undefined,
  virtualHost: undefined,
  query: {},
  href: "amqp://ann:s3cret@mq",
};

function target(
  changes: Partial<BrokerUrl>,
  more: { heartbeatSeconds?: number; transportOptions?: object } = {},
) {
  const { heartbeatSeconds = 0, transportOptions = {} } = more;
  const connect = {
    url: { ...url, ...changes },
    transportOptions: {},
    connectTimeoutMs: 4000,
    heartbeatSeconds,
    ssl: false,
    clientName: "w1@host",
    logger: silentLogger,
    clock: systemClock,
  };
  return driverTarget(driver, connect, parseAmqpOptions(transportOptions as Record<string, unknown>));
}

describe("driverTarget", () => {
  it.each([
    [undefined, "/"],
    ["", "/"],
    ["/", "/"],
    ["prod", "prod"],
    ["a/b", "a/b"],
  ])("reads the path %j as virtual host %j", async (path, expected) => {
    expect(virtualHostOf(path)).toBe(expected);
    const { url: given } = await target({ virtualHost: path });
    expect(decodeURIComponent(String(given.vhost))).toBe(expected);
  });

  it.each(["amqp", "pyamqp", "librabbitmq"])("connects to port 5672 without TLS for %s", async (scheme) => {
    expect((await target({ scheme })).url).toMatchObject({ protocol: "amqp", port: 5672 });
  });

  it("connects to port 5671 with TLS for amqps", async () => {
    expect((await target({ scheme: "amqps" })).url).toMatchObject({ protocol: "amqps", port: 5671 });
  });

  it("never shows the password", async () => {
    expect((await target({})).where).toBe('mq:5672, virtual host "/"');
  });

  it("disables the heartbeat with 0 and rounds fractions up to a second", async () => {
    const beats = await Promise.all([0, 0.2, 30].map((heartbeatSeconds) => target({}, { heartbeatSeconds })));
    expect(beats.map(({ url: given }) => given.heartbeat)).toEqual([0, 1, 30]);
  });

  it("logs in by the chosen method, and disables Nagle's algorithm", async () => {
    const methods = ["PLAIN", "AMQPLAIN", "EXTERNAL"];
    const targets = await Promise.all(
      methods.map((login_method) => target({}, { transportOptions: { login_method } })),
    );
    expect(targets.map(({ socket }) => (socket["credentials"] as { mechanism: string }).mechanism)).toEqual(
      methods,
    );
    expect(targets[0]?.socket).toMatchObject({
      noDelay: true,
      clientProperties: { connection_name: "w1@host" },
    });
  });
});
