import { createHash } from "node:crypto";
import { asError } from "@q/kernel";

/** What a script needs of a connection. */
export interface ScriptRunner {
  call(command: string, args: readonly (string | number)[]): Promise<unknown>;
}

/**
 * A Lua script with its digest. Every script has a wrapper beside it that names the keys and reads the reply.
 * A script runs alone on the server, and what it has written stays when it fails: it checks before it takes.
 */
export class Script {
  readonly #source: string;
  readonly #digest: string;

  constructor(...parts: readonly string[]) {
    this.#source = parts.join("\n");
    this.#digest = createHash("sha1").update(this.#source).digest("hex");
  }

  async run(
    runner: ScriptRunner,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    const tail = [keys.length, ...keys, ...args];
    try {
      return await runner.call("EVALSHA", [this.#digest, ...tail]);
    } catch (thrown) {
      if (!asError(thrown).message.includes("NOSCRIPT")) throw thrown;
      // EVAL also loads it. The server forgets scripts when it restarts and on SCRIPT FLUSH.
      return runner.call("EVAL", [this.#source, ...tail]);
    }
  }
}
