import { readFileSync } from "node:fs";
import { type Delivery, Queue, type WireMessage } from "@q/messaging";
import { expect, it } from "vitest";
import { pythonClient, rabbitVhost, requires, suiteResource, uniqueName } from "../harness/index.ts";
import { connectTo, receive } from "./amqp-harness.ts";

/** A message as py-amqp shows it. */
interface PythonMessage {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body_base64: string;
}

const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The same message in our terms. */
function expected({ properties, body_base64 }: PythonMessage): WireMessage {
  const { content_type, content_encoding, application_headers, ...rest } = properties;
  return {
    body: Buffer.from(body_base64, "base64"),
    contentType: content_type as string,
    contentEncoding: content_encoding as string,
    headers: application_headers as Record<string, unknown>,
    properties: Object.fromEntries(Object.entries(rest).map(([name, value]) => [camelCase(name), value])),
  };
}

/** Every recorded message of Python, wherever it is in the vectors. */
function recorded(value: unknown): PythonMessage[] {
  if (typeof value !== "object" || value === null) return [];
  if ("body_base64" in value && "properties" in value) return [value as PythonMessage];
  return Object.values(value).flatMap(recorded);
}

const vectors = JSON.parse(readFileSync(new URL("../vectors/amqp.json", import.meta.url), "utf8")) as {
  cases: unknown;
};
const messages = recorded(vectors.cases);

const publishing = `
import amqp, base64
with app.connection_for_write() as connection:
    channel = connection.default_channel
    for message in args["messages"]:
        body = base64.b64decode(message["body_base64"])
        channel.basic_publish(amqp.Message(body, **message["properties"]), "", args["queue"])
    channel.queue_declare(args["queue"], passive=True)
`;

const reading = `
import base64
with app.connection_for_read() as connection:
    channel, found = connection.default_channel, []
    while (message := channel.basic_get(args, no_ack=True)) is not None:
        body = message.body if isinstance(message.body, bytes) else message.body.encode()
        found.append({"properties": message.properties, "body_base64": base64.b64encode(body).decode()})
return found
`;

const messagesOf = (deliveries: readonly Delivery[]): WireMessage[] =>
  deliveries.map(({ message }) => message);

requires("rabbitmq", "python")("RabbitMQ shared with Python", () => {
  const broker = suiteResource(rabbitVhost);
  const python = suiteResource(() => pythonClient({ broker: broker().url }));

  it("reads every recorded message exactly as Python wrote it", async () => {
    expect(messages.length).toBeGreaterThan(40);
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const queue = uniqueName("from-python");
    await channel.declare(new Queue(queue));
    await python().run(publishing, { queue, messages });
    expect(messagesOf(await receive(channel, queue, messages.length))).toStrictEqual(messages.map(expected));
  });

  it("writes every recorded message so that Python reads it as its own", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const queue = uniqueName("to-python");
    await channel.declare(new Queue(queue));
    for (const message of messages)
      await channel.publish(expected(message), { exchange: "", routingKey: queue });
    const found = await python().run<PythonMessage[]>(reading, queue);
    expect(found).toEqual(messages.map(({ properties, body_base64 }) => ({ properties, body_base64 })));
  });

  it("exchanges header values of every kind with Python", async () => {
    await using connection = await connectTo(broker().url);
    const channel = await connection.openChannel();
    const queue = uniqueName("headers");
    await channel.declare(new Queue(queue));
    const headers = {
      numbers: [0, 127, 128, 300, -1, -300, 70_000, 2 ** 31, 2 ** 40, 1.5, 1_795_217_145.5],
      nested: { none: null, yes: true, big: 2 ** 45, list: [[{ deep: 2 ** 33 }], []], text: "é" },
    };
    const message = {
      properties: { application_headers: headers, content_type: "text/plain" },
      body_base64: "",
    };
    await python().run(publishing, { queue, messages: [message, message] });
    const deliveries = await receive(channel, queue, 2);
    for (const delivery of deliveries) expect(delivery.message.headers).toEqual(headers);

    for (const delivery of deliveries) {
      await channel.publish(delivery.message, { exchange: "", routingKey: queue });
      channel.settle(delivery, "ack");
    }
    await channel.flush();
    const found = await python().run<PythonMessage[]>(reading, queue);
    expect(found.map(({ properties }) => properties["application_headers"])).toEqual([headers, headers]);
  });
});
