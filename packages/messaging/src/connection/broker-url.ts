/** A broker (or result backend) URL taken apart; what is absent takes the transport's default. */
export interface BrokerUrl {
  /** As written, lower case: `redis`, `amqps`, `redis+socket`, `sqlite`. */
  readonly scheme: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  /** The path without its first slash, percent-decoded; for Redis the database, for SQLite the file. */
  readonly virtualHost: string | undefined;
  readonly query: Readonly<Record<string, string>>;
  /** The URL as given, with its password. Never log it: use `sanitizeUrl`. */
  readonly href: string;
}
