import { EXIT } from "../errors.ts";
import type { GlobalArguments } from "../global-options.ts";
import type { Io } from "../io.ts";
import { openApp } from "../open-app.ts";

/** Options of `q list bindings`. */
export const listBindingsOptions = {
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/**
 * Prints how the queues of the app are bound. What other programs have bound is not known: AMQP cannot be asked for
 * bindings, only RabbitMQ's management interface can.
 */
export async function runListBindings(
  args: GlobalArguments & { json?: boolean | undefined },
  io: Io,
): Promise<number> {
  await using app = await openApp(args, io);
  const rows = app.queues.select({}).flatMap((queue) =>
    queue.bindings.length === 0
      ? [{ queue: queue.name, exchange: "", type: "direct", routingKey: queue.name }]
      : queue.bindings.map(({ exchange, routingKey }) => ({
          queue: queue.name,
          exchange: exchange.name,
          type: exchange.type,
          routingKey,
        })),
  );
  if (args.json === true) {
    io.out(JSON.stringify(rows));
    return EXIT.ok;
  }
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(28))).join(" ");
  io.out(line(["Queue", "Exchange", "Routing key"]));
  for (const { queue, exchange, routingKey } of rows)
    io.out(line([queue, exchange || "(default)", routingKey]));
  return EXIT.ok;
}
