/** Version of Q in which deprecated names stop working. */
const REMOVAL = "2.0";

const warned = new Set<string>();

/** Warns, once per process, that a name of a setting goes away. */
export function warnDeprecated(name: string, useInstead: string): void {
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(
    `The setting ${name} is deprecated and goes away in version ${REMOVAL}. Use ${useInstead} instead.`,
    {
      type: "DeprecationWarning",
      code: "Q_DEPRECATED_SETTING",
    },
  );
}
