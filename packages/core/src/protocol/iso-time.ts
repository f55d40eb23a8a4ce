/**
 * Times as Celery writes and reads them: ISO 8601 in Python's `isoformat` flavour.
 *
 * @see wire protocol, "Times"; vectors misc.json `iso8601`
 */

/** `2030-01-02T03:04:05.600000+00:00`: no fraction when it is zero, an offset always, never `Z`. */
export function isoFormat(time: Date, timeZone = "UTC"): string {
  if (timeZone === "UTC") return pythonStyle(time.toISOString(), "+00:00");
  const offsetMinutes = zoneOffsetMinutes(time, timeZone);
  const local = new Date(time.getTime() + offsetMinutes * 60_000).toISOString();
  const sign = offsetMinutes < 0 ? "-" : "+";
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  return pythonStyle(local, `${sign}${two(hours)}:${two(minutes)}`);
}

function pythonStyle(iso: string, offset: string): string {
  const milliseconds = iso.slice(20, 23);
  return `${iso.slice(0, 19)}${milliseconds === "000" ? "" : `.${milliseconds}000`}${offset}`;
}

const two = (value: number): string => String(value).padStart(2, "0");

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Minutes east of UTC in `timeZone` at `time`. */
function zoneOffsetMinutes(time: Date, timeZone: string): number {
  let format = formatters.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
    formatters.set(timeZone, format);
  }
  const name = format.formatToParts(time).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (found === null) return 0;
  const [, sign, hours, minutes] = found;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const DATE = String.raw`(\d{4})(?:-?(\d\d)(?:-?(\d\d))?|-?W(\d\d)(?:-?([1-7]))?|-?(\d{3}))?`;
const TIME = String.raw`(\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?)?`;
const ZONE = String.raw`([zZ]|[+-]\d\d(?::?\d\d)?)`;
const ISO = new RegExp(`^${DATE}(?:[^\\d](?:${TIME})(?:${ZONE})?)?$`);

/**
 * Reads an ISO 8601 time; a time without offset is taken as UTC. `undefined` for anything else, the empty text included.
 */
export function parseIsoTime(text: string): Date | undefined {
  const match = ISO.exec(text);
  if (match === null || /^\d{5,7}$|^\d{9,}$/.test(text)) return undefined;
  const day = readDay(match);
  const [hours, minutes, seconds] = [match[7], match[8], match[9]].map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
  ];
  if (day === undefined || !isClock([hours, minutes, seconds], match[10])) return undefined;
  const milliseconds = Math.floor(Number(`0.${(match[10] ?? "0").slice(0, 6)}`) * 1000);
  const utc = day + ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
  return new Date(utc - offsetMinutes(match[11]) * 60_000);
}

function isClock(time: readonly [number, number, number], fraction: string | undefined): boolean {
  const [hours, minutes, seconds] = time;
  if (hours === 24) return minutes === 0 && seconds === 0 && Number(fraction ?? 0) === 0;
  return hours < 24 && minutes < 60 && seconds < 60;
}

function offsetMinutes(zone: string | undefined): number {
  if (zone === undefined || zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "");
  return (zone[0] === "-" ? -1 : 1) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0));
}

/** Midnight UTC of the calendar, week or ordinal date. */
function readDay(match: RegExpExecArray): number | undefined {
  const year = Number(match[1]);
  if (match[4] !== undefined) {
    const fourth = new Date(Date.UTC(year, 0, 4));
    const monday = Date.UTC(year, 0, 4 - ((fourth.getUTCDay() + 6) % 7));
    return monday + ((Number(match[4]) - 1) * 7 + Number(match[5] ?? 1) - 1) * 86_400_000;
  }
  if (match[6] !== undefined) return Date.UTC(year, 0, Number(match[6]));
  const [month, date] = [Number(match[2] ?? 1), Number(match[3] ?? 1)];
  const time = Date.UTC(year, month - 1, date);
  const read = new Date(time);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === date ? time : undefined;
}
