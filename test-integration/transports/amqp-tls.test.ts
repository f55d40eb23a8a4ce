import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Queue } from "@q/messaging";
import { createAmqpTransport } from "@q/messaging/amqp";
import { expect, it } from "vitest";
import { freePort, requires, startRabbit, suiteResource, tempFolder, uniqueName } from "../harness/index.ts";
import { connectOptions, receive, textMessage } from "./amqp-harness.ts";

/** A broker with TLS and a certificate that only `certificate` vouches for. */
async function secureBroker() {
  const folder = await tempFolder("tls");
  const [key, certificate] = [`${folder.path}/key.pem`, `${folder.path}/cert.pem`];
  const made = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-x509", "-days", "2", "-out", certificate];
  const named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  await promisify(execFile)("openssl", ["req", ...made, ...named]);
  const port = await freePort();
  const node = await startRabbit({
    config: {
      "listeners.ssl.default": port,
      "ssl_options.cacertfile": certificate,
      "ssl_options.certfile": certificate,
      "ssl_options.keyfile": key,
    },
  });
  return {
    certificate,
    url: `amqps://guest:guest@localhost:${port}//`,
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

requires("rabbitmq")("RabbitMQ over TLS", () => {
  const broker = suiteResource(secureBroker);
  const connect = (ssl: boolean | Record<string, unknown>) =>
    createAmqpTransport().connect({ ...connectOptions(broker().url), ssl });

  it.each([
    ["a trusted authority", () => ({ ca_certs: broker().certificate, cert_reqs: "CERT_REQUIRED" })],
    ["checks switched off", () => ({ cert_reqs: "CERT_NONE" })],
  ])("publishes and consumes with %s", async (_, ssl) => {
    await using connection = await connect(ssl());
    const channel = await connection.openChannel();
    const name = uniqueName("queue");
    await channel.declare(new Queue(name));
    await channel.publish(textMessage("x"), { exchange: "", routingKey: name });
    expect(await receive(channel, name, 1)).toHaveLength(1);
  });

  it("refuses a broker that nobody vouches for", async () => {
    await expect(connect(true)).rejects.toMatchObject({
      code: "ERR_Q_CONNECTION",
      cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    });
  });
});
