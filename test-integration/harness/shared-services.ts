import { ChildProgram } from "./child-program.ts";
import { uniqueName } from "./unique-name.ts";

interface Services {
  readonly redisUrl: string | undefined;
  readonly amqpUrl: string | undefined;
}

let services: Promise<Services> | undefined;

/** The services of the machine (or those named by the environment), started when they are not running. */
function ensure(): Promise<Services> {
  services ??= (async () => {
    const script = new URL("../../scripts/services.mjs", import.meta.url);
    const { ensureServices } = (await import(script.href)) as { ensureServices: () => Promise<Services> };
    return ensureServices();
  })();
  return services;
}

/** URL of the shared Redis. Never flush it, never stop it: use unique names for everything. */
export async function sharedRedisUrl(): Promise<string> {
  const { redisUrl } = await ensure();
  if (redisUrl === undefined) throw new Error("There is no shared Redis.");
  return redisUrl;
}

/** URL of the shared RabbitMQ, on its default virtual host: unique names for everything. */
export async function sharedRabbitUrl(): Promise<string> {
  const { amqpUrl } = await ensure();
  if (amqpUrl === undefined) throw new Error("There is no shared RabbitMQ.");
  return amqpUrl;
}

/**
 * An empty virtual host of its own on the shared RabbitMQ; deleted on dispose.
 * Needs the rights that `rabbitmqctl` asks for: on Debian, those of root or of the user `rabbitmq`.
 */
export async function rabbitVhost(): Promise<
  AsyncDisposable & { readonly name: string; readonly url: string }
> {
  const url = new URL(await sharedRabbitUrl());
  const name = uniqueName("vhost");
  const user = decodeURIComponent(url.username) || "guest";
  await control("add_vhost", name);
  await control("set_permissions", "-p", name, user, ".*", ".*", ".*");
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    async [Symbol.asyncDispose]() {
      await control("delete_vhost", name);
    },
  };
}

async function control(...args: string[]): Promise<void> {
  await using ctl = new ChildProgram({ name: `rabbitmqctl ${args[0]}`, command: "rabbitmqctl", args });
  if ((await ctl.exited).code !== 0) throw ctl.failure("failed");
}
