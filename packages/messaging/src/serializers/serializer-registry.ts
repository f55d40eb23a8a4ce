import type { QError } from "@q/kernel";
import { binarySerializer } from "./binary.ts";
import { CodecRegistry } from "./codec-registry.ts";
import { UnknownSerializerError } from "./errors.ts";
import { createJsonSerializer } from "./json.ts";
import type { Serializer } from "./serializer.ts";
import { textSerializer } from "./text.ts";

/** Serializers by name, alias and content type. Owned by one app. */
export class SerializerRegistry extends CodecRegistry<Serializer> {
  protected override readonly kind = "serializer";

  protected override unknown(message: string): QError {
    return new UnknownSerializerError(message);
  }
}

/**
 * A registry with everything Q brings: `json`, `text` and `binary` ready for use, `yaml` and `msgpack` loaded from
 * their optional packages on first use, and `pickle` known so that it is refused with an explanation.
 */
export function createSerializerRegistry(): SerializerRegistry {
  const registry = new SerializerRegistry();
  registry.register(createJsonSerializer());
  registry.register(textSerializer);
  registry.register(binarySerializer);
  registry.register({
    name: "yaml",
    contentType: "application/x-yaml",
    load: async () => (await import("./yaml.ts")).loadYamlSerializer(),
  });
  registry.register({
    name: "msgpack",
    contentType: "application/x-msgpack",
    load: async () => (await import("./msgpack.ts")).loadMsgpackSerializer(),
  });
  registry.refuse(
    { name: "pickle", contentType: "application/x-python-serialize" },
    "pickle is refused: decoding it runs code chosen by the sender. " +
      'Set task_serializer and result_serializer of the Python peers to "json".',
  );
  return registry;
}
