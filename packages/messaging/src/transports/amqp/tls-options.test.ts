import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { tlsOptions } from "./tls-options.ts";

const thisFile = fileURLToPath(import.meta.url);

describe("tlsOptions", () => {
  it("translates Python's names and reads the files", async () => {
    const options = await tlsOptions({
      keyfile: thisFile,
      certfile: thisFile,
      ca_certs: thisFile,
      cert_reqs: "CERT_NONE",
    });
    expect(options).toMatchObject({ rejectUnauthorized: false });
    const content = readFileSync(thisFile);
    expect([options.key, options.cert, options.ca]).toEqual([content, content, content]);
  });

  it.each([
    [0, false],
    [2, true],
    ["none", false],
    ["CERT_REQUIRED", true],
  ])("reads cert_reqs %s", async (value, verified) => {
    expect((await tlsOptions({ cert_reqs: value })).rejectUnauthorized).toBe(verified);
  });

  it("passes Node's names through, and verifies by default", async () => {
    expect(await tlsOptions({ servername: "mq", rejectUnauthorized: true })).toEqual({
      servername: "mq",
      rejectUnauthorized: true,
    });
    expect(await tlsOptions(true)).toEqual({});
  });

  it("names the option whose file cannot be read", async () => {
    await expect(tlsOptions({ keyfile: "/nowhere/key.pem" })).rejects.toThrow(
      /cannot read keyfile "\/nowhere\/key.pem"/,
    );
  });
});
