import { pythonRepr } from "@q/core/internal";
import { recordRevoked, stampTexts } from "@q/core/internal/control";
import type { Worker } from "../worker.ts";
import { idsOf, nok, ok, type PanelArguments, type PanelCommands } from "./panel-command.ts";
import { pythonError, pythonSet } from "./python-error.ts";
import { signalName } from "./signal-name.ts";
import { matchingStamps } from "../revoked-stamps.ts";

/** Commands that keep tasks from running, or end them. */
export const revokeCommands: PanelCommands = {
  revoked: { run: (worker) => worker.revoked.texts() },
  revoke: {
    run: (worker, args) => revoke(worker, args, isTrue(args["terminate"])),
    required: ["task_id"],
  },
  terminate: {
    run: (worker, args) => revoke(worker, args, true),
    required: ["signal", "task_id"],
  },
  revoke_by_stamped_headers: { run: revokeByStamps, required: ["headers"] },
};

/** Flower sends 1 for true, as Python programs do. */
function isTrue(value: unknown): boolean {
  return value === true || (typeof value === "number" && value !== 0);
}

function revoke(worker: Worker, { task_id: given, signal }: PanelArguments, terminate: boolean): unknown {
  const ids = idsOf(given);
  const terminated = worker.revoke(ids, { terminate, signal: signalName(signal) });
  // Who asked may be a Python client, which does not record it.
  void recordRevoked(worker.app, "id", ids);
  void worker.reporter.revokedUnseen(ids.filter((id) => !worker.isRunning(id) && !terminated.includes(id)));
  worker.logger.info({ ids, terminate }, "tasks were revoked");
  if (!terminate) return ok(`tasks ${pythonSet(ids)} flagged as revoked`);
  return ok(terminated.length === 0 ? "terminate: tasks unknown" : `terminate: ${terminated.join(", ")}`);
}

function revokeByStamps(worker: Worker, { headers, terminate, signal }: PanelArguments): unknown {
  const stamps = stampsOf(headers);
  if (stamps === undefined) return nok("headers must be an object, or a list of name=value");
  const shown = pythonRepr(Object.fromEntries(stamps), Infinity);
  const listed = new Map(
    stamps.map(([name, value]) => [name, new Set<unknown>(Array.isArray(value) ? value : [value])]),
  );
  const texts = stampTexts(stamps);
  for (const text of texts) worker.revokedStamps.add(text);
  void recordRevoked(worker.app, "stamp", texts);
  const matching = (worker.dispatcher?.running ?? []).flatMap((request) => {
    const found = matchingStamps(request.request.stamps, listed);
    return found.size === 0 ? [] : [{ id: request.id, found }];
  });
  worker.dispatcher?.dropRevoked();
  worker.logger.info({ headers, terminate }, "tasks were revoked by their stamps");
  if (!isTrue(terminate)) return ok(`headers ${shown} flagged as revoked, but not terminated`);
  if (matching.length === 0) return ok(`headers ${shown} were not terminated`);
  worker.revoke(
    matching.map(({ id }) => id),
    { terminate: true, signal: signalName(signal) },
  );
  return ok(`headers ${pythonMatches(matching.map(({ found }) => found))} revoked`);
}

function stampsOf(headers: unknown): [name: string, value: unknown][] | undefined {
  if (Array.isArray(headers)) {
    return headers.map((text) => {
      const [name, value] = String(text).split("=");
      if (value === undefined) throw pythonError("IndexError", "list index out of range");
      return [name as string, value];
    });
  }
  return typeof headers === "object" && headers !== null ? Object.entries(headers) : undefined;
}

function pythonMatches(matches: readonly ReadonlyMap<string, unknown[]>[]): string {
  const all = new Map<string, Set<string>>();
  for (const [name, values] of matches.flatMap((found) => [...found]))
    all.set(name, new Set([...(all.get(name) ?? []), ...values.map(String)]));
  const shown = [...all].map(([name, values]) => `'${name}': ${pythonSet(values)}`);
  return `defaultdict(<class 'set'>, {${shown.join(", ")}})`;
}
