import { silentLogger, systemClock } from "@q/kernel";
import { BodyCodec, createCompressionRegistry, createSerializerRegistry, parseBrokerUrl } from "@q/messaging";
import type { BackendContext } from "../contracts.ts";

/** A context as an app with default settings gives it, for tests of backends. Without a broker connection unless given. */
export function backendContext(url: string, changes: Partial<BackendContext> = {}): BackendContext {
  return {
    url: parseBrokerUrl(url),
    codec: new BodyCodec({
      serializers: createSerializerRegistry(),
      compressions: createCompressionRegistry(),
      accept: ["json", "yaml", "msgpack"],
    }),
    serializer: "json",
    compression: undefined,
    expiresSeconds: 86_400,
    transportOptions: {},
    settings: {},
    connection: () => {
      throw new Error("this context has no broker connection");
    },
    clientId: "client",
    logger: silentLogger,
    clock: systemClock,
    ...changes,
  };
}
