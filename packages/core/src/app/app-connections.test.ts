import { expect, it } from "vitest";
import { createApp } from "./create-app.ts";

it.each([
  ["amqps://broker", { loginMethod: "EXTERNAL", readTimeout: 5 }],
  [["pyamqp://one", "pyamqp://two"], { loginMethod: "EXTERNAL", readTimeout: 5 }],
  ["redis://broker", { readTimeout: 5 }],
])("hands broker_login_method to RabbitMQ and to no other broker: %s", async (broker, transportOptions) => {
  await using app = createApp("test", {
    broker,
    brokerLoginMethod: "EXTERNAL",
    brokerTransportOptions: { readTimeout: 5 },
  });
  expect((await app.connectionForWrite()).info().transportOptions).toEqual(transportOptions);
});
