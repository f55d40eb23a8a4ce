import type { Compression } from "../compression/compression.ts";
import { type CompressionRegistry, createCompressionRegistry } from "../compression/compression-registry.ts";
import type { MessageProperties, WireMessage } from "../contracts.ts";
import { transcodeToUtf8 } from "./content-encoding.ts";
import { CodecNotLoadedError, ContentRefusedError, DecodeError, UnknownContentTypeError } from "./errors.ts";
import type { Serializer } from "./serializer.ts";
import { createSerializerRegistry, type SerializerRegistry } from "./serializer-registry.ts";

/** A message body with what its headers must say about it. */
export interface EncodedBody {
  readonly body: Buffer;
  readonly contentType: string;
  readonly contentEncoding: string;
  /** Value of the header `compression`; `undefined` when the body is not compressed. */
  readonly compression: string | undefined;
}

/** Options of a {@link BodyCodec}. */
export interface BodyCodecOptions {
  /** Default: those of Q. */
  readonly serializers?: SerializerRegistry;
  /** Default: those of Q. */
  readonly compressions?: CompressionRegistry;
  /** Names or content types of what may be decoded. Plain bytes and text always may. Default `["json"]`. */
  readonly accept?: readonly string[];
  /** Largest body that is decoded, compressed or not. Default 64 MiB. */
  readonly maxBodyBytes?: number;
}

/** How a value is to be encoded: names or content types of the formats. */
export interface EncodeOptions {
  readonly serializer: string;
  readonly compression?: string | undefined;
}

/** What else a message has besides its value. */
export interface MessageOptions extends Partial<EncodeOptions> {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly properties?: MessageProperties;
}

/** What the headers of a message say about its body. */
export interface BodyDescription {
  readonly contentType: string;
  /** Character encoding of a text format; empty means UTF-8. */
  readonly contentEncoding: string;
  /** Value of the header `compression`, or one of the compression's names. */
  readonly compression?: string | undefined;
}

/** There is nothing in these to decode, so they can do no harm; kombu trusts the `application` ones, too. */
const alwaysAccepted = ["application/data", "application/text", "text/plain"];
const defaultMaxBodyBytes = 64 * 1024 * 1024;

/**
 * Turns values into message bodies and back, and enforces the accept list. Synchronous once the formats are loaded;
 * `ready()` loads them, and the async forms load on first use.
 */
export class BodyCodec {
  readonly #serializers: SerializerRegistry;
  readonly #compressions: CompressionRegistry;
  readonly #accepted: ReadonlySet<string>;
  readonly #maxBodyBytes: number;

  /**
   * @throws {UnknownSerializerError} when the accept list holds a name that is not registered
   * @throws {ContentRefusedError} when it holds pickle
   */
  constructor(options: BodyCodecOptions = {}) {
    const { accept = ["json"] } = options;
    this.#serializers = options.serializers ?? createSerializerRegistry();
    this.#compressions = options.compressions ?? createCompressionRegistry();
    this.#maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes;
    const listed = accept.map((entry) => this.#serializers.require(entry).contentType);
    this.#accepted = new Set([...alwaysAccepted, ...listed]);
  }

  /** Loads serializers and compressions, so that the synchronous calls work with them. */
  async ready(serializers: readonly string[], compressions: readonly string[] = []): Promise<void> {
    await Promise.all([
      ...serializers.map((name) => this.#serializers.load(name)),
      ...compressions.map((name) => this.#compressions.load(name)),
    ]);
  }

  /**
   * @throws {CodecNotLoadedError} when a format is not loaded
   * @throws {EncodeError} when the serializer has no form for the value
   */
  encode(value: unknown, options: EncodeOptions): EncodedBody {
    const serializer = this.#serializers.loaded(options.serializer);
    const plain = serializer.encode(value);
    const compression = options.compression ? this.#compressions.loaded(options.compression) : undefined;
    return {
      body: compression === undefined ? plain : compression.compress(plain),
      contentType: serializer.contentType,
      contentEncoding: serializer.contentEncoding,
      compression: compression?.contentType,
    };
  }

  /** As {@link encode}, loading the formats when necessary. */
  async encodeAsync(value: unknown, options: EncodeOptions): Promise<EncodedBody> {
    await this.ready([options.serializer], options.compression ? [options.compression] : []);
    return this.encode(value, options);
  }

  /**
   * @throws {ContentRefusedError} when the content type is not on the accept list
   * @throws {UnknownContentTypeError} when no serializer has the content type
   * @throws {UnknownCompressionError} when no compression has the name
   * @throws {CodecNotLoadedError} when a format is not loaded
   * @throws {DecodeError} when the body is invalid or too large
   */
  decode(body: Buffer, description: BodyDescription): unknown {
    this.#check(description.contentType);
    const serializer = this.#serializers.loaded(description.contentType);
    const compression = description.compression
      ? this.#compressions.loaded(description.compression)
      : undefined;
    return serializer.decode(this.#plainBody(body, { serializer, compression, description }));
  }

  /** As {@link decode}, loading the formats when necessary. What is refused is not loaded. */
  async decodeAsync(body: Buffer, description: BodyDescription): Promise<unknown> {
    this.#check(description.contentType);
    await this.ready([description.contentType], description.compression ? [description.compression] : []);
    return this.decode(body, description);
  }

  /** A message with the value as its body, ready to be published. Default `json`, not compressed. @throws as {@link encode} */
  async encodeMessage(value: unknown, options: MessageOptions = {}): Promise<WireMessage> {
    const { serializer = "json", headers = {}, properties = {} } = options;
    const { compression, ...body } = await this.encodeAsync(value, { ...options, serializer });
    return {
      ...body,
      headers: compression === undefined ? headers : { ...headers, compression },
      properties,
    };
  }

  /** The value that a message has as its body. @throws as {@link decode} */
  async decodeMessage(message: WireMessage): Promise<unknown> {
    return this.decodeMessageNow(message);
  }

  /** As {@link decodeMessage}, and at once: a promise comes only where formats have to be loaded first. */
  decodeMessageNow({ body, contentType, contentEncoding, headers }: WireMessage): unknown {
    const compression = typeof headers["compression"] === "string" ? headers["compression"] : undefined;
    const description = { contentType, contentEncoding, compression };
    try {
      return this.decode(body, description);
    } catch (error) {
      if (error instanceof CodecNotLoadedError) return this.decodeAsync(body, description);
      throw error;
    }
  }

  #check(contentType: string): void {
    const info = this.#serializers.describe(contentType);
    if (info === undefined) {
      throw new UnknownContentTypeError(
        `no serializer is registered for the content type "${contentType}". Register one, or make the sender use json.`,
      );
    }
    if (this.#accepted.has(info.contentType)) return;
    // Throws the explanation for what is never decoded.
    this.#serializers.require(info.name);
    throw new ContentRefusedError(
      `content of type "${info.contentType}" is refused: it is not on the accept list. ` +
        `If you trust every sender, add "${info.name}" to acceptContent.`,
    );
  }

  #plainBody(
    body: Buffer,
    how: { serializer: Serializer; compression: Compression | undefined; description: BodyDescription },
  ): Buffer {
    if (body.length > this.#maxBodyBytes) {
      throw new DecodeError(
        `the body has ${body.length} bytes; at most ${this.#maxBodyBytes} are read. Send less.`,
      );
    }
    const plain = how.compression?.decompress(body, { maxSizeBytes: this.#maxBodyBytes }) ?? body;
    if (how.serializer.contentEncoding !== "utf-8") return plain;
    return transcodeToUtf8(plain, how.description.contentEncoding);
  }
}
