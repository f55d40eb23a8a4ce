import { createAmqpTransport } from "@q/messaging/amqp";
import { channelContract, transportContract, unmetNeeds } from "@q/messaging/testing";
import { describe, it } from "vitest";
import { rabbitVhost, requires, suiteResource } from "../harness/index.ts";
import { amqpHarness } from "./amqp-harness.ts";

requires("rabbitmq")("RabbitMQ", () => {
  const broker = suiteResource(rabbitVhost);
  const { capabilities } = createAmqpTransport();
  // Counted on quorum queues only, which these cases do not use: amqp-quorum.test.ts does.
  const here = { capabilities: { ...capabilities, deliveryCount: false } };

  for (const [name, cases] of Object.entries({ transport: transportContract, channel: channelContract })) {
    describe(`contract of a ${name}`, () => {
      for (const { title, needs, run } of cases) {
        // oxlint-disable-next-line vitest/valid-title -- the kit names its cases
        it.skipIf(unmetNeeds(needs, here).length > 0)(title, () => run(() => amqpHarness(broker().url)));
      }
    });
  }
});
