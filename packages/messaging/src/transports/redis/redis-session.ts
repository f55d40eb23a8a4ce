import type { Clock, Logger } from "@q/kernel";
import type { Arrivals } from "./arrivals.ts";
import type { Bindings } from "./bindings.ts";
import type { Broadcasts } from "./broadcasts.ts";
import type { ClaimSocket } from "./claim-socket.ts";
import type { RedisKeys } from "./keys.ts";
import type { Leases } from "./leases.ts";
import type { OwnedQueues } from "./owned-queues.ts";
import type { Publisher } from "./publisher.ts";
import type { RedisEntities } from "./redis-entities.ts";
import type { ParsedRedisOptions } from "./redis-options.ts";
import type { RedisSocket } from "./redis-socket.ts";
import type { Restorer } from "./restorer.ts";
import type { Subscriber } from "./subscriber.ts";

/** The parts of one connection, which all its channels share. */
export interface RedisSession {
  /** The socket for commands. */
  readonly socket: RedisSocket;
  readonly keys: RedisKeys;
  readonly options: ParsedRedisOptions;
  readonly bindings: Bindings;
  readonly broadcasts: Broadcasts;
  readonly owned: OwnedQueues;
  readonly entities: RedisEntities;
  readonly publisher: Publisher;
  readonly arrivals: Arrivals;
  readonly leases: Leases;
  readonly restorer: Restorer;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Opens the listening socket at the first call. */
  readonly listen: () => Promise<Subscriber>;
  /** Where consumers without leases ask for messages. */
  readonly sharedClaims: () => Promise<ClaimSocket>;
  /** Opens a socket on which one consumer asks for messages. */
  readonly openClaims: () => Promise<ClaimSocket>;
}
