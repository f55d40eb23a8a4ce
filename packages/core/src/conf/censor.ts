import { isPlainObject } from "./setting-type.ts";

const SECRET = /API|TOKEN|KEY|SECRET|PASS|PROFANITIES_LIST|SIGNATURE|DATABASE/i;
/** Up to the last `@`: a password that somebody forgot to encode may hold one, or a slash. */
const URL_PASSWORD = /(\w[\w+.-]*:\/\/[^\s/:@;]*:)[^\s;?#]*(?=@)/g;
/** `redis://secret@host`, with the colon forgotten: Redis has no use for a user name without a password. */
const LONE_PASSWORD = /(rediss?(?:\+socket)?:\/\/)[^\s/:@]+(?=@)/g;
const URL_PARAMETER = /([?&][\w.-]*(?:pass\w*|secret|token|key)=)[^&\s;]*/gi;
const MASK = "********";

/** The value of a setting fit for a log: secrets by name, and the passwords of URLs, are masked; at every depth. */
export function censor(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (SECRET.test(name)) return MASK;
  if (typeof value === "string") return censorUrl(value);
  if (Array.isArray(value)) return value.map((one) => censor(name, one));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, censor(key, inner)]));
}

function censorUrl(text: string): string {
  if (!text.includes("://")) return text;
  return text
    .replaceAll(URL_PASSWORD, "$1**")
    .replaceAll(LONE_PASSWORD, "$1**")
    .replaceAll(URL_PARAMETER, "$1**");
}
