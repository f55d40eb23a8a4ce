import { isoFormat } from "@q/core/internal";
import type { Worker } from "../worker.ts";
import type { WorkerRequest } from "../worker-request.ts";
import { idsOf, type PanelCommands } from "./panel-command.ts";

/** What Celery calls the priority of every task that waits for its time. */
const SCHEDULE_PRIORITY = 6;

/** Commands about the tasks that a worker holds. */
export const requestCommands: PanelCommands = {
  active: { run: (worker, { safe }) => infos(worker, worker.dispatcher?.running ?? [], safe === true) },
  reserved: { run: (worker) => infos(worker, reserved(worker)) },
  scheduled: {
    run: (worker) =>
      Promise.all(
        (worker.dispatcher?.scheduled ?? [])
          .filter(({ item }) => !item.isLimited)
          .map(async ({ item, dueMs }) => ({
            eta: isoFormat(new Date(dueMs), "UTC"),
            priority: SCHEDULE_PRIORITY,
            request: await info(worker, item),
          })),
      ),
  },
  query_task: {
    run: async (worker, { ids }) => {
      const wanted = new Set(idsOf(ids));
      const found: Record<string, unknown> = {};
      for (const request of held(worker)) {
        if (!wanted.has(request.id)) continue;
        found[request.id] = [
          request.state === "running" ? "active" : "reserved",
          await info(worker, request),
        ];
      }
      return found;
    },
    required: ["ids"],
  },
};

/** Those that wait for a slot, and those that wait because of a rate limit. */
function reserved({ dispatcher }: Worker): WorkerRequest[] {
  const limited = (dispatcher?.scheduled ?? []).map(({ item }) => item).filter((item) => item.isLimited);
  return [...(dispatcher?.waiting ?? []), ...limited];
}

function held({ dispatcher }: Worker): WorkerRequest[] {
  const scheduled = (dispatcher?.scheduled ?? []).map(({ item }) => item);
  return [...(dispatcher?.running ?? []), ...(dispatcher?.waiting ?? []), ...scheduled];
}

function infos(worker: Worker, requests: readonly WorkerRequest[], isSafe = false): Promise<unknown[]> {
  return Promise.all(requests.map((request) => info(worker, request, isSafe)));
}

/** Celery shows the arguments themselves; a safe answer has their texts, which any serializer can take. */
async function info(worker: Worker, request: WorkerRequest, isSafe = false): Promise<unknown> {
  const shown = request.info(worker.hostname);
  return isSafe ? shown : { ...shown, ...(await argumentsOf(worker, request)) };
}

async function argumentsOf(
  worker: Worker,
  { message }: WorkerRequest,
): Promise<{ args: unknown; kwargs: unknown } | undefined> {
  try {
    const decoded = await worker.codec.decodeMessage(message);
    if (!Array.isArray(decoded)) return undefined;
    const [args, kwargs] = decoded as unknown[];
    return { args, kwargs };
  } catch {
    // The executor that gets it will say what is wrong with it.
    return undefined;
  }
}
