import type { Clock, Logger } from "@q/kernel";
import type { BackendRegistry } from "@q/backends";
import type { CompressionRegistry, SerializerRegistry, TransportRegistry } from "@q/messaging";
import type { SettingsInput } from "../conf/settings-input.ts";
import type { ExecuteMiddleware, PublishMiddleware } from "../events/middleware.ts";
import type { ErrorClass } from "../protocol/stored-error.ts";

/** Options of {@link createApp}: any setting, by its name in camelCase or snake_case, and the parts an app is made of. */
export interface AppOptions extends SettingsInput {
  /** Broker URL, or several to fail over between. Default one SQLite file, `./.q/q.db`. Same as `brokerUrl`. */
  readonly broker?: string | readonly string[];
  /** Result backend URL. Default the SQLite file of the default broker; with any other broker none. Same as `resultBackend`. */
  readonly backend?: string;
  /** Check the number of arguments of every task. Default true. */
  readonly strictTyping?: boolean;
  /** Error classes that are rebuilt as themselves when a task's error is read back, found by their name. */
  readonly errors?: readonly ErrorClass[];
  /** Around every message this app publishes; the first is the outermost. */
  readonly publishMiddleware?: readonly PublishMiddleware[];
  /** Around every task body this app runs; the first is the outermost. */
  readonly executeMiddleware?: readonly ExecuteMiddleware[];
  /** Default: silent. The worker and the other programs bring their own. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly transports?: TransportRegistry;
  readonly backends?: BackendRegistry;
  readonly serializers?: SerializerRegistry;
  readonly compressions?: CompressionRegistry;
}
