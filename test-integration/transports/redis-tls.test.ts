import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type App, type AppOptions, createApp } from "@q/core";
import { expect, it } from "vitest";
import {
  freePort,
  pythonWorker,
  requires,
  startRedis,
  suiteResource,
  tempFolder,
  uniqueName,
} from "../harness/index.ts";
import { qWorker } from "../harness/q-worker.ts";

const run = promisify(execFile);

/** A server that speaks TLS alone, and only with clients that its authority knows. */
async function secureServer() {
  const folder = await tempFolder("redis-tls");
  const file = (name: string): string => `${folder.path}/${name}.pem`;
  const days = ["-days", "2"];
  const subject = (name: string): string[] => ["-subj", `/CN=${name}`];
  const newKey = (name: string): string[] => [
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    file(`${name}-key`),
  ];
  await run("openssl", [
    "req",
    "-x509",
    ...newKey("ca"),
    ...days,
    "-out",
    file("ca"),
    ...subject("authority"),
  ]);
  for (const name of ["localhost", "client"]) {
    const names = ["-addext", `subjectAltName=DNS:${name}`, "-addext", "basicConstraints=CA:FALSE"];
    const signed = ["-CA", file("ca"), "-CAkey", file("ca-key"), "-out", file(name)];
    await run("openssl", ["req", "-x509", ...newKey(name), ...days, ...subject(name), ...names, ...signed]);
  }
  const port = await freePort();
  const server = await startRedis({
    config: {
      port: 0,
      "tls-port": port,
      "tls-cert-file": file("localhost"),
      "tls-key-file": file("localhost-key"),
      "tls-ca-cert-file": file("ca"),
    },
  });
  return {
    url: `rediss://localhost:${port}/0`,
    address: `rediss://127.0.0.1:${port}/0`,
    /** As kombu and redis-py call them. */
    tls: {
      ssl_cert_reqs: "required",
      ssl_ca_certs: file("ca"),
      ssl_certfile: file("client"),
      ssl_keyfile: file("client-key"),
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

requires("redis")("Redis over TLS", () => {
  const server = suiteResource(secureServer);
  const inUrl = (tls: Readonly<Record<string, string>> = server().tls): string =>
    `${server().url}?${new URLSearchParams(tls).toString()}`;
  const client = (options: AppOptions): App =>
    createApp("secure", { brokerConnectionTimeout: 10, taskPublishRetry: false, ...options });

  it("carries messages and results, the options in settings", async () => {
    const { url, tls } = server();
    const queue = uniqueName("tls");
    const settings = { brokerUseSsl: tls, redisBackendUseSsl: tls, taskDefaultQueue: queue };
    await using app = client({ broker: url, backend: url, ...settings });
    await using _worker = await qWorker({
      app: "recovery/app.mjs",
      broker: url,
      settings: { ...settings, resultBackend: url, taskIgnoreResult: false },
      ledger: "/dev/null",
      pool: "prefork",
      args: ["-c", "1"],
    });
    const result = await app.sendTask("recovery.late", [0]);
    expect(await result.get({ timeout: 30 })).toBeNull();
  });

  requires("python")("beside Python", () => {
    it("carries messages and results, the options in the URL", async () => {
      const queue = uniqueName("tls");
      const url = inUrl();
      await using _worker = await pythonWorker({ broker: url, backend: url, queues: [queue] });
      await using app = client({ broker: url, backend: url });
      const result = await app.sendTask("interop.add", [1, 2], { queue });
      expect(await result.get({ timeout: 20 })).toBe(3);
    });
  });

  it.each([
    [
      "a server that nobody vouches for",
      () => ({ broker: inUrl({}) }),
      /self-signed|unable to verify|certificate/,
    ],
    [
      "a server of another name",
      () => ({ broker: server().address, brokerUseSsl: server().tls }),
      /does not match certificate/,
    ],
    [
      "a client without a certificate",
      () => ({ broker: inUrl({ ssl_ca_certs: server().tls.ssl_ca_certs }) }),
      /certificate required|closed|reset/,
    ],
  ])("refuses %s", async (_, options, reason) => {
    await using app = client(options());
    const refused = (error: Error): string =>
      `${error.message} ${String(error.cause)} ${String((error.cause as Error)?.cause)}`;
    const text = await app.sendTask("recovery.late", [0]).then(String, refused);
    expect(text).toMatch(reason);
  });

  it("says which file it cannot read", async () => {
    await using app = client({ broker: server().url, brokerUseSsl: { ssl_ca_certs: "/nowhere/ca.pem" } });
    await expect(app.sendTask("recovery.late", [0])).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringContaining("/nowhere/ca.pem") as string,
    });
  });
});
