import { createHash } from "node:crypto";
import { asError } from "@q/kernel";
import type { RedisSocket } from "@q/messaging/internal/redis";

/** An argument of a command. */
export type RedisArgument = string | number | Buffer;

/** A Lua script, called by its digest; sent as a whole to a server that does not know it (yet, or any more). */
export class RedisScript {
  readonly #source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.#source = source;
    this.#digest = createHash("sha1").update(source).digest("hex");
  }

  /** Replies come as buffers. */
  async run(socket: RedisSocket, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await socket.callBuffer("EVALSHA", [this.#digest, ...rest]);
    } catch (thrown) {
      if (!asError(thrown).message.startsWith("NOSCRIPT")) throw thrown;
      return socket.callBuffer("EVAL", [this.#source, ...rest]);
    }
  }
}
