/** Header of a message that may be there twice: who has sent this copy, and which message it is a copy of. */
export const ONCE_HEADER = "x-q-once";

/**
 * Marks what is sent anew by somebody else when its sender dies half-way, as the body of a chord is: workers run one
 * copy of each message and drop the other.
 */
export interface Once {
  /** What is sent; the same for every copy. */
  readonly key: string;
  /** Who sends this copy. */
  readonly attempt: string;
}

/** What is known by a message of its own: the message `index` of all that are sent under the mark. */
export function messageKey(key: string, index: number = 0): string {
  return `${key}/${index}`;
}

/** Headers of the message `index` of all that are sent under the mark. */
export function withOnce(
  headers: Readonly<Record<string, unknown>> | undefined,
  { key, attempt }: Once,
  index: number = 0,
): Readonly<Record<string, unknown>> {
  return { ...headers, [ONCE_HEADER]: `${attempt} ${messageKey(key, index)}` };
}

/** The mark of a message; `undefined` for those that are sent in one place only. */
export function onceOf(headers: Readonly<Record<string, unknown>>): Once | undefined {
  const header = headers[ONCE_HEADER];
  if (typeof header !== "string") return undefined;
  const [attempt = "", key = ""] = header.split(" ");
  return { key, attempt };
}
