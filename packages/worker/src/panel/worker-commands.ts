import { ok, type PanelCommands } from "./panel-command.ts";
import { bugReport } from "./bug-report.ts";
import { workerStatistics } from "./statistics.ts";

/** Commands about the worker as a whole. */
export const workerCommands: PanelCommands = {
  ping: { run: () => ok("pong") },
  report: { run: ({ app }) => ok(bugReport(app)), only: [] },
  conf: {
    run: ({ app }, { with_defaults: withDefaults }) =>
      plain(app.config.table({ withDefaults: withDefaults === true })),
  },
  clock: { run: ({ app }) => ({ clock: app.logicalClock.value }) },
  stats: { run: (worker) => workerStatistics(worker) },
  hello: {
    run: (worker, { from_node: from, revoked }) => {
      if (from === worker.hostname) return null;
      worker.logger.info({ node: from }, "another worker asks what is revoked");
      worker.revoked.merge(revoked);
      const stamps = worker.revokedStamps.texts();
      return {
        revoked: worker.revoked.forPeers(),
        // Python's workers pass over what they do not know.
        ...(stamps.length > 0 && { revoked_stamps: stamps }),
        clock: worker.app.logicalClock.forward(),
      };
    },
    required: ["from_node"],
  },
  shutdown: {
    run: (worker, { msg }) => {
      worker.logger.warn(
        { msg: typeof msg === "string" ? msg : undefined },
        "shutdown was asked for from remote",
      );
      void worker.stop("warm");
      // Celery's worker does not answer either.
      return undefined;
    },
  },
};

/** What a serializer can take: settings may hold functions and objects of classes. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return `<function ${value.name}>`;
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
