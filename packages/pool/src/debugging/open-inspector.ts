import type nodeInspector from "node:inspector";

/** The part of `node:inspector` that {@link openInspector} needs. */
export type Inspector = Pick<typeof nodeInspector, "open" | "url">;

/**
 * Opens an inspector on the first of a hundred ports that is free, unless it is open, and returns its URL; none when none
 * is. Children are sent the text of this function: it uses nothing from outside.
 */
export function openInspector(inspector: Inspector, host: string, port: number): string | undefined {
  for (let tries = 0; inspector.url() === undefined && tries < 100; tries++) {
    inspector.open(port === 0 ? 0 : port + tries, host);
  }
  return inspector.url();
}
