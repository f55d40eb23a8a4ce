import { asError, loadDriver } from "@q/kernel";
import type * as msgpack from "@msgpack/msgpack";
import type { ExtensionCodecType } from "@msgpack/msgpack";
import { maxDepth } from "./depth.ts";
import { DecodeError, EncodeError } from "./errors.ts";
import { fromLibraryValue } from "./library-value.ts";
import { checkMsgpackShape } from "./msgpack-shape.ts";
import { type SpecialForm, toPlainValue } from "./plain-value.ts";
import type { Serializer } from "./serializer.ts";

type MsgpackLibrary = Pick<
  typeof msgpack,
  "EXT_TIMESTAMP" | "decode" | "decodeTimestampExtension" | "encode"
>;

const minInt64 = -(2n ** 63n);
const maxUint64 = 2n ** 64n - 1n;

/** The msgpack serializer, from the optional package `@msgpack/msgpack`. @throws {MissingDriverError} */
export async function loadMsgpackSerializer(): Promise<Serializer> {
  return createMsgpackSerializer(
    await loadDriver("@msgpack/msgpack", "The msgpack serializer", () => import("@msgpack/msgpack")),
  );
}

/**
 * MessagePack as kombu uses it: bytes are bytes, integers have up to 64 bits, and there are no extension types, so a
 * `Date` travels as ISO text. A timestamp extension is read as a `Date`; others are refused, as is a `__proto__` key.
 */
function createMsgpackSerializer(library: MsgpackLibrary): Serializer {
  const extensionCodec = extensionsOf(library);
  return {
    name: "msgpack",
    contentType: "application/x-msgpack",
    contentEncoding: "binary",

    encode(value) {
      try {
        const options = { useBigInt64: true, maxDepth: maxDepth + 1, extensionCodec };
        const bytes = library.encode(toPlainValue(value, special), options);
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      } catch (error) {
        if (error instanceof EncodeError) throw error;
        throw new EncodeError(`the value cannot be encoded as msgpack: ${asError(error).message}`, {
          cause: error,
        });
      }
    },

    decode(body) {
      checkMsgpackShape(body);
      try {
        return fromLibraryValue(library.decode(body, { useBigInt64: true, mapKeyConverter, extensionCodec }));
      } catch (error) {
        if (error instanceof DecodeError) throw error;
        throw new DecodeError(`the body is not valid msgpack: ${asError(error).message}`, { cause: error });
      }
    },
  };
}

const special: SpecialForm = (value) => {
  if (value instanceof Uint8Array) return { as: value };
  if (typeof value === "bigint" && (value < minInt64 || value > maxUint64)) {
    throw new EncodeError(`the integer ${value} has more than 64 bits. Use json, or send it as text.`);
  }
  // The library writes these as floats unless they are BigInt.
  const isLong = typeof value === "number" && Number.isSafeInteger(value) && Math.abs(value) > 0x7fff_ffff;
  return isLong ? { as: BigInt(value) } : undefined;
};

function mapKeyConverter(key: unknown): string {
  if (typeof key === "object" && key !== null) {
    throw new DecodeError("a map key is itself a collection. Send keys that are text or numbers.");
  }
  return String(key);
}

function extensionsOf(library: MsgpackLibrary): ExtensionCodecType<undefined> {
  return {
    tryToEncode: () => null,
    decode(data, type) {
      if (type === library.EXT_TIMESTAMP) return library.decodeTimestampExtension(data);
      throw new DecodeError(`msgpack extension type ${type} is not known. Send plain data.`);
    },
  };
}
