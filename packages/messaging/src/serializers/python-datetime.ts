const datetimeText =
  /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:(Z)|([+-])(\d\d):?(\d\d)(?::(\d\d))?(?:\.\d+)?)?$/;

/** The text of Python's `datetime.isoformat()`: no fraction when it is zero, else six digits, and never `Z`. */
export function formatPythonDatetime(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError("the date is invalid or its year is not in 1–9999");
  return date.toISOString().replace(".000Z", "+00:00").replace("Z", "000+00:00");
}

/**
 * Reads what `datetime.isoformat()` writes. Microseconds are cut to milliseconds; a text without offset means UTC.
 *
 * @throws {RangeError} when the text is no date and time
 */
export function parsePythonDatetime(text: string): Date {
  const match = datetimeText.exec(text);
  if (match === null) throw new RangeError(`not a date and time: "${text}"`);
  const part = (index: number): number => Number(match[index] ?? 0);
  const milliseconds = Number((match[7] ?? "").slice(0, 3).padEnd(3, "0"));
  const date = new Date(0);
  date.setUTCFullYear(part(1), part(2) - 1, part(3));
  if (date.getUTCMonth() !== part(2) - 1 || part(4) > 23 || part(5) > 59 || part(6) > 59) {
    throw new RangeError(`no such date and time: "${text}"`);
  }
  date.setUTCHours(part(4), part(5), part(6), milliseconds);
  const offsetSeconds = part(10) * 3600 + part(11) * 60 + part(12);
  return new Date(date.getTime() - (match[9] === "-" ? -1000 : 1000) * offsetSeconds);
}
