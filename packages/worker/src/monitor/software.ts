import { loadavg, type as systemType } from "node:os";
import { version } from "../version.ts";

/** What a worker says of itself in its events and in `inspect`, under Celery's names. */
export const SOFTWARE: Readonly<Record<"sw_ident" | "sw_ver" | "sw_sys", string>> = {
  sw_ident: "q",
  sw_ver: version,
  sw_sys: systemType(),
};

/** The load of the machine over 1, 5 and 15 minutes. */
export function loadAverage(): number[] {
  return loadavg().map((load) => Math.round(load * 100) / 100);
}
