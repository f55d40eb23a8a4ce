import { ImproperlyConfiguredError } from "./errors.ts";

/** What a function or class of somebody else's gets, and what it is to make. */
export interface Construction<T> {
  /** How errors speak of the function or class: `the pool "./pools.js:makePool"`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** Methods without which it is not what is wanted. */
  readonly methods: readonly (keyof T & string)[];
}

/**
 * Calls a function of somebody else's, or makes an instance of a class, and looks whether it is what is wanted.
 *
 * @throws {ImproperlyConfiguredError} when it is neither, or what it makes lacks a method
 */
export async function construct<T>(maker: unknown, { name, args, methods }: Construction<T>): Promise<T> {
  const wanted = `something with the methods ${methods.join(", ")}`;
  if (typeof maker !== "function")
    throw new ImproperlyConfiguredError(
      `${name} is neither a function nor a class. Name one that makes ${wanted}.`,
    );
  const made: unknown = await (isClass(maker)
    ? Reflect.construct(maker, args)
    : Reflect.apply(maker, undefined, args));
  const missing = methods.filter(
    (method) => typeof (made as Partial<T> | undefined | null)?.[method] !== "function",
  );
  if (missing.length === 0) return made as T;
  throw new ImproperlyConfiguredError(
    `${name} makes something without the methods ${missing.join(", ")}. It is to make ${wanted}.`,
  );
}

/** The one property that tells a class from a function: its prototype cannot be replaced. */
function isClass(maker: Function): boolean {
  return Object.getOwnPropertyDescriptor(maker, "prototype")?.writable === false;
}
