// The contract kits are data: any test runner will do, here Node's own.
import { test } from "node:test";
import { silentLogger, systemClock } from "@q/kernel";
import { parseBrokerUrl } from "@q/messaging";
import { channelContract, transportContract, unmetNeeds } from "@q/messaging/testing";
// @boundaries-ignore a package beside this file, installed into the project that the test makes
import { createTransport } from "q-letterbox";

async function open() {
  const { capabilities, connect } = createTransport();
  const options = {
    url: parseBrokerUrl("letterbox://"),
    transportOptions: {},
    connectTimeoutMs: 1000,
    heartbeatSeconds: 0,
    ssl: false,
    clientName: "contract",
    logger: silentLogger,
    clock: systemClock,
  };
  let names = 0;
  return {
    capabilities,
    connect: () => connect(options),
    uniqueName: (prefix) => `${prefix}-${++names}`,
    async [Symbol.asyncDispose]() {},
  };
}

const harness = await open();
for (const { title, needs, run } of [...channelContract, ...transportContract]) {
  const unmet = unmetNeeds(needs, harness);
  void test(title, { skip: unmet.length > 0 && `needs ${unmet.join(", ")}` }, () => run(open));
}
