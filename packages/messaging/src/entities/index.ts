/** What is declared on a broker, without the machinery that carries messages: importing this is cheap. */
export { Binding } from "./binding.ts";
export { Broadcast } from "./broadcast.ts";
export { declareEntity } from "./declare.ts";
export { Exchange } from "./exchange.ts";
export type { ExchangeOptions, ExchangeType } from "./exchange.ts";
export { defaultExchange, Queue } from "./queue.ts";
export type { QueueOptions } from "./queue.ts";
