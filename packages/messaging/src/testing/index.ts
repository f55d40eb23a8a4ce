export { channelContract } from "./channel-contract.ts";
export { compressionContract } from "./compression-contract.ts";
export type { CompressionCase, OpenCompression } from "./compression-contract.ts";
export { serializerContract } from "./serializer-contract.ts";
export type { OpenSerializer, SerializerCase, SerializerNeed } from "./serializer-contract.ts";
export { transportContract } from "./transport-contract.ts";
export { unmetNeeds } from "./transport-harness.ts";
export type { ContractCase, OpenTransport, TransportHarness, TransportNeed } from "./transport-harness.ts";
