/** What sends messages and writes their bodies, without what receives them; not covered by the promises of the public surface. */
export { Connection } from "./connection/connection.ts";
export { asUri, parseBrokerUrls } from "./connection/parse-url.ts";
export { createCompressionRegistry } from "./compression/compression-registry.ts";
export { BrokerUrlError, ConnectionError } from "./errors.ts";
export { Producer } from "./producer.ts";
export { BodyCodec } from "./serializers/body-codec.ts";
export { DecodeError } from "./serializers/errors.ts";
export { createSerializerRegistry } from "./serializers/serializer-registry.ts";
export { createTransportRegistry } from "./transport-registry.ts";
