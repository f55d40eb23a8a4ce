/**
 * Opens the inspector of this process on the first of a hundred ports that is free, unless it is open, and returns its
 * URL; none when none is. Children are sent the text of this function: it uses nothing from outside.
 */
export function openInspector(host: string, port: number): string | undefined {
  const { open, url } = process.getBuiltinModule("node:inspector");
  for (let tries = 0; url() === undefined && tries < 100; tries++) {
    open(port === 0 ? 0 : port + tries, host);
  }
  return url();
}
