export type { AmqpOptions } from "./amqp-options.ts";
export { createAmqpTransport } from "./amqp-transport.ts";
