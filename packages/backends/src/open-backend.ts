import { silentLogger, systemClock } from "@q/kernel";
import { BodyCodec } from "@q/messaging/internal/client";
import { createBackendRegistry } from "./backend-registry.ts";
import { parseBackendUrl } from "./backend-url.ts";
import type { BackendContext, ResultBackend } from "./contracts.ts";

/**
 * A result backend by itself, outside of an app: what is not given is as in an app with default settings. Backends that
 * work with messages, `rpc://`, need a `connection`.
 *
 * @throws {BrokerUrlError} {@link UnknownBackendError} {@link MissingDriverError}
 */
export function openBackend(url: string, options: Partial<BackendContext> = {}): Promise<ResultBackend> {
  return createBackendRegistry().create(backendContext(url, options));
}

/** What a backend is made from, as an app with default settings gives it. */
export function backendContext(url: string, options: Partial<BackendContext> = {}): BackendContext {
  return {
    url: parseBackendUrl(url),
    codec: new BodyCodec({ accept: ["json", "yaml", "msgpack"] }),
    serializer: "json",
    compression: undefined,
    expiresSeconds: 86_400,
    transportOptions: {},
    settings: {},
    connection: () => {
      throw new TypeError(`the result backend ${url} needs the option "connection"`);
    },
    clientId: crypto.randomUUID(),
    logger: silentLogger,
    clock: systemClock,
    ...options,
  };
}
