import { asError, didYouMean, ImproperlyConfiguredError } from "@q/kernel";
import { importCustomTransport } from "./connection/custom-transport.ts";
import { parseBrokerUrl, parseCustomScheme } from "./connection/parse-url.ts";
import type { Transport } from "./contracts.ts";
import { UnknownTransportError } from "./errors.ts";

/** Makes a transport; called once per registry, when a URL first names one of its schemes. */
export type TransportLoader = () => Promise<Transport> | Transport;

/**
 * Which transport serves which URL scheme. A registry belongs to whoever made it: there is no global one to change.
 * All schemes registered together share one {@link Transport}, so `redis` and `rediss` are the same code.
 */
export class TransportRegistry {
  readonly #loaders = new Map<string, () => Promise<Transport>>();

  /** Serves `schemes` with the transport that `load` makes. A scheme registered before is replaced. */
  register(schemes: string | readonly string[], load: TransportLoader): this {
    const loadOnce = once(load);
    for (const scheme of typeof schemes === "string" ? [schemes] : schemes) {
      this.#loaders.set(scheme.toLowerCase(), loadOnce);
    }
    return this;
  }

  /** The schemes that are registered. */
  get schemes(): string[] {
    return [...this.#loaders.keys()];
  }

  /**
   * The transport for a URL. A scheme such as `proj/transports:MyTransport` or `@scope/q-kafka:createTransport` is
   * imported: the module is looked for below the current directory and among the installed packages; its export is a
   * transport, a class of one, or a function that makes one.
   *
   * @throws {UnknownTransportError} when no transport is registered for the scheme
   * @throws {MissingDriverError} when the transport's driver is not installed
   */
  async resolve(url: string | { readonly scheme: string }): Promise<Transport> {
    const { scheme } = typeof url === "string" ? parseBrokerUrl(url) : url;
    const known = this.#loaders.get(scheme);
    if (known) return known();
    const custom = parseCustomScheme(scheme);
    if (custom === undefined) throw this.#unknown(scheme);
    this.#loaders.set(
      scheme,
      once(() => importCustomTransport(custom)),
    );
    return this.resolve({ scheme });
  }

  #unknown(scheme: string): UnknownTransportError {
    return new UnknownTransportError(
      `No transport is registered for URLs that start with "${scheme}://".${didYouMean(scheme, this.schemes)} ` +
        `Known schemes: ${this.schemes.sort().join(", ")}. A transport of your own is named by its module, ` +
        '"my-package:createTransport://", or registered with TransportRegistry.register.',
    );
  }
}

/** A registry of the built-in transports. None of them, and no driver, is loaded before a URL names it. */
export function createTransportRegistry(): TransportRegistry {
  return new TransportRegistry()
    .register("memory", async () => (await import("./transports/memory/index.ts")).createMemoryTransport())
    .register("sqlite", async () => (await import("./transports/sqlite/index.ts")).createSqliteTransport())
    .register(
      ["redis", "rediss", "redis+socket", "socket", "sentinel", "valkey", "valkeys", "valkey+socket"],
      async () => (await import("./transports/redis/index.ts")).createRedisTransport(),
    )
    .register(["amqp", "amqps", "pyamqp", "librabbitmq"], async () =>
      (await import("./transports/amqp/index.ts")).createAmqpTransport(),
    );
}

/** Calls `load` at the first use only; a failed load is tried again at the next. */
function once(load: TransportLoader): () => Promise<Transport> {
  let loading: Promise<Transport> | undefined;
  return () => {
    loading ??= Promise.resolve()
      .then(load)
      .catch((thrown: unknown) => {
        loading = undefined;
        throw thrown instanceof Error
          ? thrown
          : new ImproperlyConfiguredError(asError(thrown).message, { cause: thrown });
      });
    return loading;
  };
}
