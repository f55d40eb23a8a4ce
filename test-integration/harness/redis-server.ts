import { Redis, type RedisOptions } from "ioredis";
import { ChildProgram } from "./child-program.ts";
import { freePort } from "./free-port.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

export interface RedisServerOptions {
  /** Keeps data over `restart()`, also after a SIGKILL; the value is redis's `appendfsync`. Off by default. */
  readonly appendOnly?: "always" | "everysec" | "no";
  /** Sets `requirepass`; it becomes part of `url`. */
  readonly password?: string;
  /** Any other directives of redis.conf. */
  readonly config?: Readonly<Record<string, string | number>>;
}

/** What the URL says (host, port, login, database) wins over these. */
export interface ClientOptions extends Omit<RedisOptions, "replyMapping"> {
  readonly url?: string;
}

/** A private redis-server on a random port, with its data in a temporary folder. */
export class RedisServer implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** `redis://[:password@]host:port/0` */
  readonly url: string;
  readonly #folder: TempFolder;
  readonly #options: RedisServerOptions;
  readonly #clients = new Set<Redis>();
  #program: ChildProgram | undefined;

  constructor(port: number, folder: TempFolder, options: RedisServerOptions) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
    const login = options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`;
    this.url = `redis://${login}${this.host}:${port}/0`;
  }

  /** Resolves when the server accepts connections, with its data loaded. */
  async start(): Promise<void> {
    this.#program = new ChildProgram({
      name: `redis-server on port ${this.port}`,
      command: process.env["Q_TEST_REDIS_SERVER"] ?? "redis-server",
      args: this.#arguments(),
    });
    await this.#program.waitFor(/Ready to accept connections/);
  }

  /** SIGKILL loses what is not on disk yet; SIGTERM is an orderly stop. Resolves when the server is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** Stops the server if it still runs, and starts it again on the same port and folder. */
  async restart(signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  /** Freezes the process: connections stay open and nothing answers. */
  freeze(): void {
    this.#program?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#program?.kill("SIGCONT");
  }

  /** An ioredis client, closed together with the server; `url` leads it through a proxy. */
  client({ url = this.url, ...options }: ClientOptions = {}): Redis {
    const client = new Redis(url, { retryStrategy: () => 20, ...options });
    // A test that cuts the server sees the failure in its commands; without a listener ioredis prints it.
    client.on("error", () => {});
    this.#clients.add(client);
    return client;
  }

  get log(): string {
    return this.#program?.tail ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    await this.#program?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  #arguments(): string[] {
    const { appendOnly, password, config } = this.#options;
    const directives: Record<string, string | number> = {
      port: this.port,
      bind: this.host,
      dir: this.#folder.path,
      save: "",
      appendonly: appendOnly === undefined ? "no" : "yes",
      ...(appendOnly === undefined ? {} : { appendfsync: appendOnly }),
      ...(password === undefined ? {} : { requirepass: password }),
      ...config,
    };
    return Object.entries(directives).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }
}

/** Starts a {@link RedisServer}; takes about 15 ms. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = new RedisServer(await freePort(), await tempFolder("redis"), options);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
