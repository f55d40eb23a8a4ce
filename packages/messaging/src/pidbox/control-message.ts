/** Where a node sends its reply. */
export interface ReplyTo {
  readonly exchange: string;
  readonly routingKey: string;
}

/** Which nodes of a mailbox are meant. All of them when nothing is given; a destination wins over a pattern. */
export interface NodeSelection {
  /** Exact node names. */
  readonly destination?: readonly string[] | undefined;
  /** Matched against node names. */
  readonly pattern?: string | undefined;
  /** How: `glob` as in shells, `pcre` for a regular expression that must fit from the start of the name. */
  readonly matcher?: "glob" | "pcre" | undefined;
}

/** A command as it came to a node. */
export interface ControlRequest {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly destination: readonly unknown[] | undefined;
  readonly pattern: string | undefined;
  readonly matcher: string | undefined;
  readonly ticket: unknown;
  readonly replyTo: ReplyTo | undefined;
}

/** One node's answer: its name and what it said. */
export type NodeReply<TReply = unknown> = Readonly<Record<string, TReply>>;

/** The body of a request. @see wire protocol, "Remote control: request" */
export function requestBody(
  method: string,
  request: NodeSelection & {
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly ticket: string | undefined;
    readonly replyTo: ReplyTo | undefined;
  },
): Readonly<Record<string, unknown>> {
  const { destination, pattern, matcher, ticket, replyTo } = request;
  return {
    method,
    arguments: request.arguments,
    destination: destination ?? null,
    pattern: pattern ?? null,
    matcher: matcher ?? null,
    ...(ticket !== undefined && { ticket }),
    ...(replyTo && { reply_to: { exchange: replyTo.exchange, routing_key: replyTo.routingKey } }),
  };
}

/** Reads a request; unknown fields are ignored. @throws {TypeError} when it has not the prescribed shape */
export function parseRequest(body: unknown): ControlRequest {
  if (!isRecord(body)) throw new TypeError("a command must be an object");
  const { method, destination, pattern, matcher, ticket } = body;
  if (typeof method !== "string") throw new TypeError('a command must name its "method"');
  return {
    method,
    arguments: isRecord(body["arguments"]) ? body["arguments"] : {},
    destination: Array.isArray(destination) && destination.length > 0 ? destination : undefined,
    pattern: typeof pattern === "string" && pattern !== "" ? pattern : undefined,
    matcher: typeof matcher === "string" && matcher !== "" ? matcher : undefined,
    ticket,
    replyTo: parseReplyTo(body["reply_to"]),
  };
}

function parseReplyTo(value: unknown): ReplyTo | undefined {
  if (!isRecord(value)) return undefined;
  const { exchange, routing_key: routingKey } = value;
  if (typeof exchange !== "string" || typeof routingKey !== "string") return undefined;
  return { exchange, routingKey };
}

/** The answers in a reply: normally one. @throws {TypeError} when it is no object */
export function parseReply(body: unknown): NodeReply {
  if (!isRecord(body)) throw new TypeError("a reply must be an object");
  return body;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
