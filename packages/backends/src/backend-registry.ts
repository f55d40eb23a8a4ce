import { didYouMean } from "@q/kernel";
import type { BrokerUrl } from "@q/messaging";
import type { BackendContext, BackendFactory, ResultBackend } from "./contracts.ts";
import { UnknownBackendError } from "./errors.ts";
import { CachingBackend } from "./result-cache.ts";

/** One kind of result backend. */
export interface BackendRegistration {
  /** URL schemes it serves. */
  readonly schemes: readonly string[];
  /** Loads the code; called when a URL first names one of the schemes. */
  readonly load: () => Promise<BackendFactory>;
  /** Results come back as messages, so every task must name the reply queue. Default false. */
  readonly usesReplyQueue?: boolean;
}

/** Which backend serves which URL scheme. A registry belongs to whoever made it. */
export class BackendRegistry {
  readonly #registrations = new Map<string, BackendRegistration>();

  /** A scheme registered before is replaced. */
  register(registration: BackendRegistration): this {
    for (const scheme of registration.schemes) this.#registrations.set(scheme, registration);
    return this;
  }

  /**
   * With `result_cache_max` of 0 or more it remembers successes. A factory that is given stands in for the one of the
   * scheme.
   *
   * @throws {UnknownBackendError}
   * @throws {MissingDriverError}
   */
  async create(context: BackendContext, own?: BackendFactory): Promise<ResultBackend> {
    const factory = own ?? (await this.#find(context.url).load());
    const backend = await factory(context);
    const cacheMax = context.settings["resultCacheMax"];
    return typeof cacheMax === "number" && cacheMax >= 0 ? new CachingBackend(backend, cacheMax) : backend;
  }

  /** Whether tasks must be sent with the reply queue of this client. @throws {UnknownBackendError} */
  usesReplyQueue(url: BrokerUrl): boolean {
    return this.#find(url).usesReplyQueue ?? false;
  }

  #find(url: BrokerUrl): BackendRegistration {
    const found = this.#registrations.get(url.scheme);
    if (found) return found;
    const schemes = [...this.#registrations.keys()].sort();
    throw new UnknownBackendError(
      `no result backend is registered for URLs that start with "${url.scheme}://".${didYouMean(url.scheme, schemes)} ` +
        `Known schemes: ${schemes.join(", ")}.`,
    );
  }
}

/** A registry of the built-in backends. No driver is loaded before a URL names it. */
export function createBackendRegistry(): BackendRegistry {
  return new BackendRegistry()
    .register({
      schemes: ["memory", "cache+memory"],
      load: async () => (await import("./memory/index.ts")).createMemoryBackend,
    })
    .register({
      schemes: ["sqlite", "db+sqlite"],
      load: async () => (await import("./sqlite/index.ts")).createSqliteBackend,
    })
    .register({
      schemes: [
        "redis",
        "rediss",
        "redis+socket",
        "socket",
        "sentinel",
        "valkey",
        "valkeys",
        "valkey+socket",
      ],
      load: async () => (await import("./redis/index.ts")).createRedisBackend,
    })
    .register({
      schemes: ["rpc", "amqp"],
      load: async () => (await import("./rpc/index.ts")).createRpcBackend,
      usesReplyQueue: true,
    });
}
