import type { Profiler } from "node:inspector";
import { sleep } from "@q/kernel";

/** Sends a command to the inspector of a thread, and resolves to its answer. */
export type PostCommand = (method: string, params?: object) => Promise<unknown>;

const SAMPLING_MS = 20;

/**
 * What a thread executes, also while its event loop is blocked: one line per frame as stack traces have them, innermost
 * first; empty when it waits.
 *
 * V8's profiler tells, not a debugger that pauses, which would know more: a thread that is terminated while it is paused
 * never ends, and its process neither (nodejs/node#37614).
 */
export async function sampledStack(post: PostCommand): Promise<string> {
  await post("Profiler.enable");
  await post("Profiler.setSamplingInterval", { interval: 1000 });
  await post("Profiler.start");
  // The profiler does not know code that was optimized for a loop while it ran: this has V8 throw it away, and make it
  // again before its eyes.
  await post("Profiler.startPreciseCoverage", { callCount: true });
  await post("Profiler.stopPreciseCoverage");
  await sleep(SAMPLING_MS);
  const { profile } = (await post("Profiler.stop")) as Profiler.StopReturnType;
  await post("Profiler.disable");
  return stackOf(profile);
}

/** Functions of samples without JavaScript. */
const NO_CODE: ReadonlySet<string> = new Set(["(program)", "(idle)", "(garbage collector)"]);

/**
 * The path that most samples took, as far in as any of them did. A frame shows where its function begins; the innermost
 * the line that was being executed, where that is known.
 */
export function stackOf({ nodes, samples = [] }: Profiler.Profile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const childrenOf = ({ children = [] }: Profiler.ProfileNode) =>
    children.flatMap((id) => byId.get(id) ?? []);
  const hits = new Map<number, number>();
  for (const id of samples) hits.set(id, (hits.get(id) ?? 0) + 1);
  const total = (node: Profiler.ProfileNode): number =>
    childrenOf(node).reduce((sum, child) => sum + total(child), hits.get(node.id) ?? 0);
  const busiestChild = (node: Profiler.ProfileNode): Profiler.ProfileNode | undefined => {
    const seen = childrenOf(node).map((child) => ({ child, samples: total(child) }));
    return seen.toSorted((a, b) => b.samples - a.samples).find(({ samples }) => samples > 0)?.child;
  };
  const path: Profiler.ProfileNode[] = [];
  const [root] = nodes;
  for (let node = root && busiestChild(root); node; node = busiestChild(node)) path.push(node);
  const frames = path.filter(({ callFrame }) => !NO_CODE.has(callFrame.functionName)).toReversed();
  return frames
    .map((node, at) => formatFrame(node.callFrame, at === 0 ? executedLine(node) : undefined))
    .join("\n");
}

function executedLine({ positionTicks = [] }: Profiler.ProfileNode): number | undefined {
  return positionTicks.toSorted((a, b) => b.ticks - a.ticks)[0]?.line;
}

function formatFrame(frame: Profiler.ProfileNode["callFrame"], line: number | undefined): string {
  const { functionName, url, lineNumber, columnNumber } = frame;
  const place = `${url || "<anonymous>"}:${line ?? `${lineNumber + 1}:${columnNumber + 1}`}`;
  return functionName === "" ? `    at ${place}` : `    at ${functionName} (${place})`;
}
