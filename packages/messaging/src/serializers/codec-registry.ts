import { asError, didYouMean, QError } from "@q/kernel";
import { CodecNotLoadedError, ContentRefusedError } from "./errors.ts";

/** What serializers and compressions have in common. */
export interface Codec {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly contentType: string;
}

/** A codec whose package is imported when it is first needed. */
export interface LazyCodec<TCodec extends Codec> extends Codec {
  load(): Promise<TCodec>;
}

/** Names of a registered codec, loaded or not. */
export interface CodecInfo {
  readonly name: string;
  readonly contentType: string;
}

type Entry<TCodec extends Codec> = {
  readonly info: Codec;
  readonly load: (() => Promise<TCodec>) | undefined;
  /** Why this format is never used; set instead of a codec. */
  readonly refusal: string | undefined;
  codec: TCodec | undefined;
  loading: Promise<TCodec> | undefined;
};

/** Codecs by name, alias and content type. Owned by one app: two apps in a process never share registrations. */
export abstract class CodecRegistry<TCodec extends Codec> {
  readonly #entries = new Map<string, Entry<TCodec>>();

  /** Makes the error for a name that is not registered. */
  protected abstract unknown(message: string): QError;
  /** `serializer` or `compression`, for messages. */
  protected abstract readonly kind: string;

  /** Adds a codec, or replaces the one of that name. An alias that belongs to another codec moves to this one. */
  register(codec: TCodec | LazyCodec<TCodec>): void {
    const isLazy = "load" in codec;
    this.#add(codec, {
      load: isLazy ? () => codec.load() : undefined,
      codec: isLazy ? undefined : codec,
      refusal: undefined,
    });
  }

  /** Makes a format known as one that is never decoded, with the sentence that says what to do instead. */
  refuse(codec: Codec, refusal: string): void {
    this.#add(codec, { load: undefined, codec: undefined, refusal });
  }

  /** Removes a codec with all its aliases; a name that is not registered is no error. */
  unregister(name: string): void {
    const entry = this.#lookup(name);
    if (entry === undefined) return;
    for (const [key, value] of this.#entries) if (value === entry) this.#entries.delete(key);
  }

  /** The codec, when it is registered and loaded. */
  find(nameOrContentType: string): TCodec | undefined {
    return this.#lookup(nameOrContentType)?.codec;
  }

  /** Name and content type of a registered or refused codec, whether or not it is loaded. */
  describe(nameOrContentType: string): CodecInfo | undefined {
    return this.#lookup(nameOrContentType)?.info;
  }

  /** As {@link describe}, throwing what {@link load} throws for what is not registered or refused. */
  require(nameOrContentType: string): CodecInfo {
    return this.#usable(nameOrContentType).info;
  }

  /**
   * The codec, importing its package first when necessary.
   *
   * @throws {MissingDriverError} with the install command when its package is not installed
   * @throws {ContentRefusedError} for a format that is never decoded
   * @throws {QError} of code `ERR_Q_UNKNOWN_SERIALIZER` or `ERR_Q_UNKNOWN_COMPRESSION`, naming the nearest name
   */
  async load(nameOrContentType: string): Promise<TCodec> {
    const entry = this.#usable(nameOrContentType);
    if (entry.codec !== undefined) return entry.codec;
    entry.loading ??= this.#load(entry).finally(() => (entry.loading = undefined));
    return entry.loading;
  }

  /** The codec, which must have been loaded before: for code that cannot wait. */
  loaded(nameOrContentType: string): TCodec {
    const entry = this.#usable(nameOrContentType);
    if (entry.codec !== undefined) return entry.codec;
    throw new CodecNotLoadedError(
      `${this.kind} "${entry.info.name}" is not loaded yet. Await ready(["${entry.info.name}"]) first, ` +
        `or use the async form of this call.`,
    );
  }

  /** Names of everything that can be used, loaded or not. */
  names(): string[] {
    const usable = [...this.#entries.values()].filter((entry) => entry.refusal === undefined);
    return [...new Set(usable.map((entry) => entry.info.name))];
  }

  #usable(nameOrContentType: string): Entry<TCodec> {
    const entry = this.#lookup(nameOrContentType);
    if (entry === undefined) {
      throw this.unknown(
        `${this.kind} "${nameOrContentType}" is not registered.${didYouMean(nameOrContentType, this.#entries.keys())} ` +
          `Registered: ${this.names().join(", ")}.`,
      );
    }
    if (entry.refusal !== undefined) throw new ContentRefusedError(entry.refusal);
    return entry;
  }

  async #load(entry: Entry<TCodec>): Promise<TCodec> {
    try {
      entry.codec = await entry.load?.();
    } catch (error) {
      if (QError.is(error)) throw error;
      // The package is there but does not start, for example a binary that does not fit this machine.
      throw new CodecNotLoadedError(
        `${this.kind} "${entry.info.name}" could not be loaded: ${asError(error).message}. Reinstall its package ` +
          `on this machine, or choose another ${this.kind}.`,
        { cause: error },
      );
    }
    return this.loaded(entry.info.name);
  }

  #add(info: Codec, state: Pick<Entry<TCodec>, "load" | "codec" | "refusal">): void {
    this.unregister(info.name);
    const entry: Entry<TCodec> = { info, ...state, loading: undefined };
    for (const key of [info.name, info.contentType, ...(info.aliases ?? [])]) {
      this.#entries.set(key.toLowerCase(), entry);
    }
  }

  #lookup(nameOrContentType: string): Entry<TCodec> | undefined {
    return this.#entries.get(nameOrContentType) ?? this.#entries.get(normalise(nameOrContentType));
  }
}

/** Parameters do not change the format: Python peers refuse `application/json; charset=utf-8`, we need not. */
function normalise(nameOrContentType: string): string {
  const [name = ""] = nameOrContentType.split(";", 1);
  return name.trim().toLowerCase();
}
