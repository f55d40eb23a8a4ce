import { type ChannelModel, connect } from "amqplib";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { ChildProgram, type Exit } from "./child-program.ts";
import { freePort } from "./free-port.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";
import { uniqueName } from "./unique-name.ts";

export interface RabbitNodeOptions {
  /** Lines of rabbitmq.conf, for example `{ consumer_timeout: 5000 }`. */
  readonly config?: Readonly<Record<string, string | number>>;
}

interface NodePorts {
  readonly amqp: number;
  readonly distribution: number;
  readonly epmd: number;
}

/** The scripts themselves: the ones that Debian puts on the PATH insist on the user `rabbitmq`. */
const scriptFolders = [
  "/usr/lib/rabbitmq/bin",
  "/usr/local/sbin",
  "/opt/homebrew/sbin",
  "/opt/rabbitmq/sbin",
];

/** The folder of RabbitMQ's scripts; `Q_TEST_RABBITMQ_SCRIPTS` overrides the search. */
export function rabbitScripts(): string | undefined {
  const folders = [process.env["Q_TEST_RABBITMQ_SCRIPTS"] ?? [], scriptFolders].flat();
  return folders.find((folder) => existsSync(`${folder}/rabbitmq-server`));
}

/**
 * A private RabbitMQ node: own name, ports, port mapper (epmd), cookie and data, so it neither sees nor
 * disturbs another node of the machine. Login guest/guest, virtual host `/`.
 */
export class RabbitNode implements AsyncDisposable {
  readonly host = "127.0.0.1";
  readonly port: number;
  /** `amqp://guest:guest@host:port//` */
  readonly url: string;
  readonly #ports: NodePorts;
  readonly #folder: TempFolder;
  readonly #scripts: string;
  readonly #connections = new Set<ChannelModel>();
  #portMapper: ChildProgram | undefined;
  #program: ChildProgram | undefined;

  constructor(ports: NodePorts, folder: TempFolder, scripts: string) {
    this.port = ports.amqp;
    this.url = this.urlOf("/");
    this.#ports = ports;
    this.#folder = folder;
    this.#scripts = scripts;
  }

  /** Resolves when the node accepts connections. */
  async start(): Promise<void> {
    this.#portMapper ??= new ChildProgram({
      name: "epmd",
      command: "epmd",
      args: ["-port", String(this.#ports.epmd), "-address", this.host],
    });
    this.#program = new ChildProgram({
      name: `RabbitMQ on port ${this.port}`,
      command: `${this.#scripts}/rabbitmq-server`,
      env: this.#environment(),
    });
    await this.#program.waitFor(/Server startup complete/, { timeoutMs: 120_000 });
  }

  /** SIGKILL is a crash, SIGTERM an orderly stop. Resolves when the node is gone. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    await this.#program?.stop(signal);
  }

  /** Stops the node if it still runs, and starts it again on the same port and data. */
  async restart(signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  /** Freezes the node: connections stay open and nothing answers. */
  freeze(): void {
    this.#program?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#program?.kill("SIGCONT");
  }

  /** Runs `rabbitmqctl` against this node (about 0.5 s) and returns what it printed. */
  async control(...args: string[]): Promise<string> {
    const command = `${this.#scripts}/rabbitmqctl`;
    await using ctl = new ChildProgram({
      name: `rabbitmqctl ${args[0]}`,
      command,
      args,
      env: this.#environment(),
    });
    const exit: Exit = await ctl.exited;
    if (exit.code !== 0) throw ctl.failure("failed");
    return ctl.lines.join("\n");
  }

  /** Creates an empty virtual host and returns its URL. */
  async vhost(name: string = uniqueName("vhost")): Promise<string> {
    await this.control("add_vhost", name);
    await this.control("set_permissions", "-p", name, "guest", ".*", ".*", ".*");
    return this.urlOf(name);
  }

  urlOf(vhost: string): string {
    return `amqp://guest:guest@${this.host}:${this.port}/${encodeURIComponent(vhost)}`;
  }

  /** An amqplib connection, closed together with the node. */
  async connect(url: string = this.url): Promise<ChannelModel> {
    const connection = await connect(url, { noDelay: true });
    // A test that cuts the node sees the failure in its channel.
    connection.on("error", () => {});
    this.#connections.add(connection);
    connection.once("close", () => this.#connections.delete(connection));
    return connection;
  }

  get log(): string {
    return this.#program?.tail ?? "";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#connections].map((connection) => connection.close()));
    await this.#program?.[Symbol.asyncDispose]();
    await this.#portMapper?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  #environment(): Record<string, string> {
    const folder = this.#folder.path;
    return {
      HOME: folder,
      ERL_EPMD_PORT: String(this.#ports.epmd),
      // The port mapper is private, so the name needs to be unique only within it.
      RABBITMQ_NODENAME: "private@localhost",
      RABBITMQ_NODE_IP_ADDRESS: this.host,
      RABBITMQ_NODE_PORT: String(this.#ports.amqp),
      RABBITMQ_DIST_PORT: String(this.#ports.distribution),
      RABBITMQ_MNESIA_BASE: `${folder}/data`,
      RABBITMQ_LOG_BASE: `${folder}/log`,
      RABBITMQ_LOGS: "-",
      RABBITMQ_PID_FILE: `${folder}/pid`,
      RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/enabled_plugins`,
      // Neither exists: the machine's own settings must not apply.
      RABBITMQ_ADVANCED_CONFIG_FILE: `${folder}/advanced.config`,
      RABBITMQ_CONF_ENV_FILE: `${folder}/rabbitmq-env.conf`,
    };
  }
}

/** Starts a {@link RabbitNode}. Takes 10 to 13 s: one per test file, through `suiteResource`. */
export async function startRabbit(options: RabbitNodeOptions = {}): Promise<RabbitNode> {
  const scripts = rabbitScripts();
  if (scripts === undefined) throw new Error("RabbitMQ is not installed: set Q_TEST_RABBITMQ_SCRIPTS.");
  const folder = await tempFolder("rabbit");
  await mkdir(`${folder.path}/data`);
  await writeFile(`${folder.path}/enabled_plugins`, "[].\n");
  const config = {
    "log.console": "true",
    "log.console.level": "info",
    "log.file": "false",
    ...options.config,
  };
  const lines = Object.entries(config).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(`${folder.path}/rabbitmq.conf`, lines.join(""));
  const ports = { amqp: await freePort(), distribution: await freePort(), epmd: await freePort() };
  const node = new RabbitNode(ports, folder, scripts);
  try {
    await node.start();
    return node;
  } catch (error) {
    await node[Symbol.asyncDispose]();
    throw error;
  }
}
