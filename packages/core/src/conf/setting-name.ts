/** `task_serializer` of `taskSerializer`, for types. */
export type SnakeCase<TName extends string> = TName extends `${infer TFirst}${infer TRest}`
  ? TFirst extends Lowercase<TFirst>
    ? `${TFirst}${SnakeCase<TRest>}`
    : `_${Lowercase<TFirst>}${SnakeCase<TRest>}`
  : TName;

/** `taskSerializer` of `task_serializer`; other texts as they are. */
export function camelCase(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `task_serializer` of `taskSerializer`; other texts as they are. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The object with its own keys in camelCase; what lies deeper is left alone. */
export function camelKeys(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [camelCase(key), value]));
}
