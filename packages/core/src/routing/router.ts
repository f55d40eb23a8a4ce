import { Exchange, Queue } from "@q/messaging/entities";
import type { CallOptions } from "../tasks/call-options.ts";
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

  constructor(queues: QueueTable, routes: TaskRoutes | null) {
    this.#queues = queues;
    this.#routers = compileRoutes(routes);
  }

  /** The routers' contribution to the options of a call; nothing when none of them knows the task. */
  lookup(name: string, call: RoutedCall): CallOptions {
    for (const router of this.#routers) {
      const found = router(name, call);
      if (found !== null && found !== undefined) return typeof found === "string" ? { queue: found } : found;
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

  #explicit(options: DestinationOptions, exchange: string | Exchange): Destination {
    const queue = typeof options.queue === "string" ? this.#queues.get(options.queue) : options.queue;
    const entity = exchange instanceof Exchange ? exchange : undefined;
    return {
      exchange: typeof exchange === "string" ? exchange : exchange.name,
      routingKey: options.routingKey ?? (queue ?? this.#queues.default).routingKey,
      declare: queue ? [queue] : entity && !entity.noDeclare ? [entity] : [],
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
      declare: queue.noDeclare ? [] : [queue],
      queue,
      deliveryMode: queue.exchange.name === "" ? this.#queues.deliveryMode : queue.exchange.deliveryMode,
    };
  }
}

type DestinationOptions = Pick<CallOptions, "queue" | "exchange" | "routingKey">;

/** Options on top of others. A queue or an exchange above replaces the whole destination below. */
export function overlayOptions(lower: CallOptions, upper: CallOptions): CallOptions {
  if (upper.queue === undefined && upper.exchange === undefined) return { ...lower, ...upper };
  const { queue: _queue, exchange: _exchange, routingKey: _routingKey, ...rest } = lower;
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

/** Exact names win over patterns; patterns are tried in their order. */
function mapRouter(entries: readonly (readonly [string | RegExp, RouteResult])[]): RouterFunction {
  const exact = new Map<string, RouteResult>();
  const patterns: [RegExp, RouteResult][] = [];
  for (const [pattern, route] of entries) {
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
