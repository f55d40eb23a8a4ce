import { ImproperlyConfiguredError } from "@q/kernel";
import { Broadcast, Exchange, Queue } from "@q/messaging/entities";
import { type CallOptions, wrongCallOption } from "../tasks/call-options.ts";
import type { QueueTable } from "./queue-table.ts";

/** What a route may set: a destination and any other call option. A plain text names a queue. */
export type RouteResult = string | (Pick<CallOptions, "queue" | "exchange" | "routingKey"> & CallOptions);

/** A call whose route is wanted. */
export interface RoutedCall {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
}

/** Decides a route, or leaves it to the next router by returning nothing. */
export type RouterFunction = (name: string, call: RoutedCall) => RouteResult | null | undefined;

/** `task_routes` in all its forms: names, globs and regular expressions to routes; functions; lists of these. */
export type TaskRoutes =
  | Readonly<Record<string, RouteResult>>
  | ReadonlyMap<string | RegExp, RouteResult>
  | readonly (readonly [pattern: string | RegExp, route: RouteResult])[]
  | RouterFunction
  | readonly (
      Readonly<Record<string, RouteResult>> | ReadonlyMap<string | RegExp, RouteResult> | RouterFunction
    )[];

/** Where a task message goes. */
export interface Destination {
  readonly exchange: string;
  readonly routingKey: string;
  /** Declared before the first publish of each connection. */
  readonly declare: readonly (Queue | Exchange)[];
  /** The queue, when the destination is one. */
  readonly queue: Queue | undefined;
  readonly deliveryMode: 1 | 2;
}

/** Routes tasks: call options first, then the task's own, then the routers in order, then the default queue. */
export class Router {
  readonly #queues: QueueTable;
  readonly #routers: readonly RouterFunction[];
  /** Destinations of queues by name; they never change once worked out. */
  readonly #direct = new Map<string, Destination>();
  readonly #exchanges = new Map<string, Exchange>();

  constructor(queues: QueueTable, routes: TaskRoutes | null) {
    this.#queues = queues;
    this.#routers = compileRoutes(routes);
  }

  /**
   * The routers' contribution to the options of a call; nothing when none of them knows the task.
   *
   * @throws {ImproperlyConfiguredError} when one sets something that is no call option
   */
  lookup(name: string, call: RoutedCall): CallOptions {
    for (const router of this.#routers) {
      const found = router(name, call);
      if (typeof found === "string") return { queue: found };
      if (found !== null && found !== undefined) return checkedRoute(found);
    }
    return {};
  }

  /** True when there are no routers to ask. */
  get isTrivial(): boolean {
    return this.#routers.length === 0;
  }

  /** Destination named by complete options. @throws {UnroutableError} */
  destination(options: DestinationOptions): Destination {
    const { queue, exchange, routingKey } = options;
    if (typeof exchange === "string") return this.#named(options, exchange);
    if (exchange !== undefined) return this.#explicit(options, exchange);
    if (queue instanceof Queue) return this.#toQueue(queue, routingKey);
    const name = queue ?? this.#queues.default.name;
    if (routingKey !== undefined) return this.#toQueue(this.#queues.get(name), routingKey);
    let known = this.#direct.get(name);
    if (known === undefined) {
      known = this.#toQueue(this.#queues.get(name));
      this.#direct.set(name, known);
    }
    return known;
  }

  /** An exchange of a configured queue has its type and, without another, its routing key: Redis must know both. */
  #named(options: DestinationOptions, name: string): Destination {
    const { exchangeType } = options;
    if (exchangeType !== undefined) return this.#explicit(options, this.#exchange(name, exchangeType));
    const bound = this.#queues.boundTo(name);
    if (bound === undefined) return this.#explicit(options, name);
    const routingKey = options.routingKey ?? bound.routingKey;
    return this.#explicit({ ...options, routingKey }, bound.exchange);
  }

  /** One and the same for the same name and type: it is declared once per connection. */
  #exchange(name: string, type: string): Exchange {
    const key = JSON.stringify([name, type]);
    const known = this.#exchanges.get(key);
    const exchange = known ?? new Exchange(name, { type, deliveryMode: this.#queues.deliveryMode });
    if (known === undefined) this.#exchanges.set(key, exchange);
    return exchange;
  }

  #explicit(options: DestinationOptions, exchange: string | Exchange): Destination {
    const queue = typeof options.queue === "string" ? this.#queues.get(options.queue) : options.queue;
    const entity = exchange instanceof Exchange ? exchange : undefined;
    return {
      exchange: typeof exchange === "string" ? exchange : exchange.name,
      routingKey: options.routingKey ?? (queue ?? this.#queues.default).routingKey,
      declare: queue ? declaredFor(queue) : entity && !entity.noDeclare ? [entity] : [],
      queue,
      deliveryMode: entity?.deliveryMode ?? this.#queues.deliveryMode,
    };
  }

  /**
   * Direct queues are reached through the default exchange, as Celery does, although their own exchange is declared;
   * a routing key means nothing there.
   */
  #toQueue(queue: Queue, routingKey?: string): Destination {
    const direct = queue.exchange.type === "direct";
    return {
      exchange: direct ? "" : queue.exchange.name,
      routingKey: direct ? queue.name : (routingKey ?? queue.routingKey),
      declare: declaredFor(queue),
      queue,
      deliveryMode: queue.exchange.name === "" ? this.#queues.deliveryMode : queue.exchange.deliveryMode,
    };
  }
}

/** What a sender declares: of a broadcast not the queue, which is the consumer's own. */
function declaredFor(queue: Queue): readonly (Exchange | Queue)[] {
  if (queue.noDeclare) return [];
  return [queue instanceof Broadcast ? queue.exchange : queue];
}

type DestinationOptions = Pick<CallOptions, "queue" | "exchange" | "exchangeType" | "routingKey">;

/** Options on top of others. A queue or an exchange above replaces the whole destination below. */
export function overlayOptions(lower: CallOptions, upper: CallOptions): CallOptions {
  if (upper.queue === undefined && upper.exchange === undefined) return { ...lower, ...upper };
  const { queue: _queue, exchange: _exchange, exchangeType: _type, routingKey: _routingKey, ...rest } = lower;
  return { ...rest, ...upper };
}

/** One function per router, in order. */
function compileRoutes(routes: TaskRoutes | null): readonly RouterFunction[] {
  if (routes === null) return [];
  if (typeof routes === "function") return [routes];
  if (Array.isArray(routes)) {
    const list = routes as readonly unknown[];
    if (list.every(isPair)) return [mapRouter(list)];
    return list.flatMap((one) => compileRoutes(one as TaskRoutes));
  }
  if (routes instanceof Map)
    return [mapRouter([...routes.entries()] as (readonly [string | RegExp, RouteResult])[])];
  return [mapRouter(Object.entries(routes as Readonly<Record<string, RouteResult>>))];
}

function isPair(value: unknown): value is readonly [string | RegExp, RouteResult] {
  return (
    Array.isArray(value) && value.length === 2 && (typeof value[0] === "string" || value[0] instanceof RegExp)
  );
}

/** @throws {ImproperlyConfiguredError} when it sets something that is no call option */
function checkedRoute(route: CallOptions): CallOptions {
  const wrong = wrongCallOption(route);
  if (wrong === undefined) return route;
  throw new ImproperlyConfiguredError(`task_routes: ${wrong}`);
}

/** Exact names win over patterns; patterns are tried in their order. */
function mapRouter(entries: readonly (readonly [string | RegExp, RouteResult])[]): RouterFunction {
  const exact = new Map<string, RouteResult>();
  const patterns: [RegExp, RouteResult][] = [];
  for (const [pattern, route] of entries) {
    if (typeof route !== "string") checkedRoute(route);
    // A global or sticky expression remembers where it matched last.
    if (pattern instanceof RegExp)
      patterns.push([new RegExp(pattern, pattern.flags.replace(/[gy]/g, "")), route]);
    else if (/[*?[]/.test(pattern)) patterns.push([globPattern(pattern), route]);
    else exact.set(pattern, route);
  }
  return (name) => exact.get(name) ?? patterns.find(([pattern]) => pattern.test(name))?.[1];
}

/** Python's fnmatch: `*` any text, `?` one character, `[abc]` and `[!abc]` one of a set. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(
    /\[(!?)([^\]]+)\]|[.*+?^${}()|\\[\]]/g,
    (match, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not ? "^" : ""}${set.replace(/\\/g, "\\\\")}]`;
      return match === "*" ? ".*" : match === "?" ? "." : `\\${match}`;
    },
  );
  return new RegExp(`^${source}$`, "s");
}
