export type {
  Address,
  Channel,
  ConnectOptions,
  ConsumeOptions,
  Delivery,
  MessageProperties,
  QueueInfo,
  Settlement,
  Transport,
  TransportCapabilities,
  TransportConnection,
  WireMessage,
} from "./contracts.ts";
export { Binding, Broadcast, declareEntity, defaultExchange, Exchange, Queue } from "./entities/index.ts";
export type { ExchangeOptions, ExchangeType, QueueOptions } from "./entities/index.ts";

export type { BrokerUrl } from "./connection/broker-url.ts";
export { Connection, defaultConnectPolicy } from "./connection/connection.ts";
export type {
  ConnectionEvents,
  ConnectionInfo,
  ConnectionOptions,
  ConnectionState,
} from "./connection/connection.ts";
export { ConnectionPool } from "./connection/connection-pool.ts";
export type { FailoverStrategy } from "./connection/failover.ts";
export { asUri, parseBrokerUrl, parseBrokerUrls, sanitizeUrl } from "./connection/parse-url.ts";
export type { AsUriOptions } from "./connection/parse-url.ts";
export { createTransportRegistry, TransportRegistry } from "./transport-registry.ts";
export type { TransportLoader } from "./transport-registry.ts";

export { Producer, defaultPublishPolicy } from "./producer.ts";
export type { ProducerOptions } from "./producer.ts";
export type { PublishOptions } from "./producer/publish-options.ts";
export { Consumer } from "./consumer.ts";
export type { ConsumerOptions } from "./consumer/consumer-options.ts";
export type { ConsumerSession } from "./consumer/consumer-session.ts";
export { consumeMessages } from "./message-stream.ts";
export type { ConsumeMessagesOptions, ReceivedMessage } from "./message-stream.ts";
export { SimpleQueue } from "./simple-queue.ts";
export type { SimpleMessage, SimpleQueueOptions } from "./simple-queue.ts";

export { matchesName, Pidbox, PidboxClient, PidboxNode } from "./pidbox/index.ts";
export type {
  ControlRequest,
  NodeReply,
  NodeSelection,
  PidboxCall,
  PidboxClientOptions,
  PidboxNodeOptions,
  PidboxOptions,
  ReplyInboxOptions,
  ReplyTo,
} from "./pidbox/index.ts";

export { BodyCodec } from "./serializers/body-codec.ts";
export type {
  BodyCodecOptions,
  BodyDescription,
  EncodedBody,
  EncodeOptions,
  MessageOptions,
} from "./serializers/body-codec.ts";
export type { Codec, CodecInfo, LazyCodec } from "./serializers/codec-registry.ts";
export { createJsonSerializer } from "./serializers/json.ts";
export type { JsonSerializerOptions } from "./serializers/json.ts";
export { jsonType } from "./serializers/json-types.ts";
export type { JsonType } from "./serializers/json-types.ts";
export type { Serializer } from "./serializers/serializer.ts";
export { createSerializerRegistry, SerializerRegistry } from "./serializers/serializer-registry.ts";
export { Decimal, PlainDate, PlainTime, Uuid } from "./serializers/typed-values.ts";
export type { Compression, DecompressLimits } from "./compression/compression.ts";
export { CompressionRegistry, createCompressionRegistry } from "./compression/compression-registry.ts";
export {
  CodecNotLoadedError,
  ContentRefusedError,
  DecodeError,
  EncodeError,
  UnknownCompressionError,
  UnknownContentTypeError,
  UnknownSerializerError,
} from "./serializers/errors.ts";

export {
  AccessRefusedError,
  BrokerUrlError,
  ChannelError,
  ConnectionError,
  ConnectionLimitError,
  ConsumerStalledError,
  MalformedMessageError,
  MessageStateError,
  PublishError,
  QueueNotFoundError,
  UnknownTransportError,
} from "./errors.ts";
