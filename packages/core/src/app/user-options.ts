import { ImproperlyConfiguredError } from "@q/kernel";

/** An option of one's own on the command line. */
export interface UserOption {
  readonly type: "string" | "number" | "boolean";
  /** Its short name, a letter. */
  readonly alias?: string;
  /** A line for the help. */
  readonly describe?: string;
  readonly default?: string | number | boolean;
  /** The values that it may have. */
  readonly choices?: readonly (string | number)[];
}

/** Commands that take options of one's own; `preload` are options of every command. */
export type UserOptionScope = "worker" | "beat" | "events" | "preload";

/** Options that an app adds to the commands of `q`. What was given comes with the event `options:parsed`. */
export class UserOptions {
  readonly #options = new Map<UserOptionScope, Readonly<Record<string, UserOption>>>();

  /**
   * Adds options by their long names, such as `data-center`. Names that `q` uses itself stay its own.
   *
   * @throws {ImproperlyConfiguredError} for a name that cannot be typed
   */
  add(command: UserOptionScope, options: Readonly<Record<string, UserOption>>): void {
    const wrong = Object.keys(options).find((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name));
    if (wrong !== undefined) {
      throw new ImproperlyConfiguredError(
        `"${wrong}" cannot be an option: write lower-case words joined by dashes, such as data-center.`,
      );
    }
    this.#options.set(command, { ...this.of(command), ...options });
  }

  /** The options that were added to a command, by their long names. */
  of(command: UserOptionScope): Readonly<Record<string, UserOption>> {
    return this.#options.get(command) ?? {};
  }
}
