/** Kinds of values in place of the values; lists by their first element. */
export function jsonTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(jsonTypes);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, jsonTypes(inner)]));
}

/** Fields that depend on the pool, the queue or the settings of a worker. */
const VARYING = new Set(["pool", "total", "queue_arguments", "delivery_mode"]);
/** Answers of which each side has its own. */
const OWN = new Set(["conf", "report", "registered", "hello", "revoked", "active_queues", "stats"]);

/** Where the answer of our worker differs from that of Celery's, as paths. Texts of results and errors count as they are. */
export function sameShape(command: string, python: unknown, q: unknown): string[] {
  if (!OWN.has(command) && command !== "clock") return differences(python, q, { path: command, exact: true });
  if (command === "conf")
    return differences({ broker_url: "", result_backend: "" }, q, { path: command, exact: false });
  return differences(python, q, { path: command, exact: false });
}

function differences(
  python: unknown,
  q: unknown,
  { path, exact }: { readonly path: string; readonly exact: boolean },
): string[] {
  if (isRecord(python) && isRecord(q)) {
    return Object.keys(python).flatMap((key) =>
      VARYING.has(key) ? [] : differences(python[key], q[key], { path: `${path}.${key}`, exact }),
    );
  }
  if (Array.isArray(python) && Array.isArray(q)) {
    return python.length === 0 || q.length === 0
      ? []
      : differences(python[0], q[0], { path: `${path}[0]`, exact });
  }
  // Celery has lists of ids as an object when there are none.
  if (path.endsWith(".revoked")) return [];
  const same = exact ? JSON.stringify(python) === JSON.stringify(q) : jsonTypes(python) === jsonTypes(q);
  return same ? [] : [`${path}: ${JSON.stringify(python)} is ${JSON.stringify(q)} here`];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
