import { asError, type Cancel, ClosedError, deferred, type Deferred } from "@q/kernel";
import type { Channel, ConnectOptions, TransportConnection } from "../../contracts.ts";
import { ConnectionError } from "../../errors.ts";
import { Arrivals } from "./arrivals.ts";
import { Bindings } from "./bindings.ts";
import { Broadcasts } from "./broadcasts.ts";
import { ClaimSocket } from "./claim-socket.ts";
import { RedisKeys } from "./keys.ts";
import type { LeaseThread } from "./lease-thread.ts";
import { Leases } from "./leases.ts";
import { OwnedQueues } from "./owned-queues.ts";
import { Publisher } from "./publisher.ts";
import type { RedisAddress } from "./redis-address.ts";
import { RedisChannel } from "./redis-channel.ts";
import { RedisEntities } from "./redis-entities.ts";
import { classifyRedisError } from "./redis-errors.ts";
import type { ParsedRedisOptions } from "./redis-options.ts";
import type { RedisSession } from "./redis-session.ts";
import { RedisSocket, type RedisSocketOptions } from "./redis-socket.ts";
import { Restorer } from "./restorer.ts";
import { Subscriber } from "./subscriber.ts";

/** What a {@link RedisConnection} is made of. */
export interface RedisConnectionParts {
  readonly socket: RedisSocket;
  readonly socketOptions: RedisSocketOptions;
  readonly address: RedisAddress;
  readonly options: ParsedRedisOptions;
  readonly connect: ConnectOptions;
  /** Shared by the connections of a transport. */
  readonly thread: LeaseThread;
}

/**
 * One connection to a Redis broker: a socket for commands, one that listens (opened when something has to be listened
 * to), one for each consumer to claim on, and the thread that renews leases with another.
 *
 * States: *open*; *closed* by us; *lost*, as soon as any of the sockets is, for good.
 */
export class RedisConnection implements TransportConnection {
  readonly lost: Promise<ConnectionError>;
  readonly #lost: Deferred<ConnectionError> = deferred<ConnectionError>();
  readonly #parts: RedisConnectionParts;
  readonly #session: RedisSession;
  readonly #channels = new Set<RedisChannel>();
  #subscriber: Promise<Subscriber> | undefined;
  #sharedClaims: Promise<ClaimSocket> | undefined;
  /** All sockets but the one for commands. */
  readonly #others = new Set<RedisSocket>();
  #cancelPing: Cancel | undefined;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  constructor(parts: RedisConnectionParts) {
    this.#parts = parts;
    this.lost = this.#lost.promise;
    this.#session = this.#assemble();
    void parts.socket.lost.then((reason) => this.#lose(reason));
    this.#schedulePing();
  }

  async openChannel(): Promise<Channel> {
    if (this.#isEnded) throw new ClosedError("the connection is closed. Make a new one.");
    const channel = new RedisChannel(this.#session, (closed) => this.#channels.delete(closed));
    this.#channels.add(channel);
    return channel;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #assemble(): RedisSession {
    const { socket, socketOptions, address, options, connect } = this.#parts;
    const { logger, clock } = connect;
    const keys = new RedisKeys(options, address.database);
    const bindings = new Bindings(socket, keys, logger);
    const broadcasts = new Broadcasts(keys);
    const queueExpiry = new Map<string, number>();
    const listen = (): Promise<Subscriber> => this.#listen();
    const owned = new OwnedQueues({ socket, keys, renewSeconds: options.healthCheckInterval });
    const base = { socket, keys, options, bindings, broadcasts, owned, queueExpiry, listen, logger, clock };
    const shareClaims = async (): Promise<ClaimSocket> =>
      ClaimSocket.open({ socket, commands: socket, subscriber: await listen(), logger });
    const renewal = {
      address,
      socket: socketOptions,
      index: keys.unackedIndex,
      intervalMs: options.visibilityTimeout * 250,
    };
    return {
      ...base,
      entities: new RedisEntities(base),
      publisher: new Publisher(base),
      arrivals: new Arrivals(),
      sharedClaims: () => (this.#sharedClaims ??= shareClaims()),
      openClaims: () => this.#openClaims(),
      leases: new Leases(renewal, this.#parts.thread, logger),
      restorer: new Restorer(base),
    };
  }

  #listen(): Promise<Subscriber> {
    this.#subscriber ??= this.#openSubscriber().catch((thrown: unknown) => {
      this.#subscriber = undefined;
      throw thrown;
    });
    return this.#subscriber;
  }

  async #openSubscriber(): Promise<Subscriber> {
    const { arrivals } = this.#session;
    return Subscriber.open(await this.#openSocket(), (changed) => arrivals.report(changed));
  }

  async #openClaims(): Promise<ClaimSocket> {
    const { socket: commands, connect } = this.#parts;
    const [socket, subscriber] = await Promise.all([this.#openSocket(), this.#listen()]);
    return ClaimSocket.open({ socket, commands, subscriber, logger: connect.logger });
  }

  async #openSocket(): Promise<RedisSocket> {
    const { address, socketOptions } = this.#parts;
    const socket = await RedisSocket.open(address, socketOptions);
    this.#others.add(socket);
    if (this.#isEnded) socket.close();
    void socket.lost.then((reason) => this.#lose(reason));
    return socket;
  }

  #schedulePing(): void {
    const { options, connect, socket } = this.#parts;
    this.#cancelPing = connect.clock.schedule(options.healthCheckInterval * 1000, () => {
      // An answer that does not come is noticed by the socket; one that is an error does no harm.
      for (const one of [socket, ...this.#others]) {
        if (one.isOpen) void one.call("PING", []).catch(() => {});
        else this.#others.delete(one);
      }
      void this.#session.owned.renew().catch(() => {});
      if (!this.#isEnded) this.#schedulePing();
    });
  }

  #lose(reason: Error): void {
    if (this.#isEnded) return;
    const classified = classifyRedisError(reason, "it was in use");
    const error =
      classified instanceof ConnectionError
        ? classified
        : new ConnectionError(classified.message, { cause: reason });
    this.#end();
    for (const channel of this.#channels) channel.lose(error);
    this.#lost.resolve(error);
    void this.#session.leases.close(false);
  }

  #end(): void {
    this.#isEnded = true;
    this.#cancelPing?.();
    this.#session.restorer.close();
    this.#parts.socket.close();
    for (const socket of this.#others) socket.close();
  }

  async #close(): Promise<void> {
    try {
      await Promise.all([...this.#channels].map((channel) => channel[Symbol.asyncDispose]()));
      await this.#session.publisher.idle();
    } catch (error) {
      this.#parts.connect.logger.warn({ err: asError(error) }, "a connection did not close in order");
    } finally {
      if (!this.#isEnded) this.#end();
      await this.#session.leases.close(true);
    }
  }
}
