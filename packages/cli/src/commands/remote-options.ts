/** Options of every command that asks workers. */
export const remoteOptions = {
  timeout: {
    alias: "t",
    type: "number",
    describe: "seconds without an answer after which nobody is waited for [default: 1.0]",
  },
  destination: { alias: "d", type: "string", describe: "node names, separated by commas; default all" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The names in a list separated by commas. */
export function destinations(list: string | undefined): string[] | undefined {
  const names = list?.split(",").filter((name) => name !== "");
  return names?.length ? names : undefined;
}
