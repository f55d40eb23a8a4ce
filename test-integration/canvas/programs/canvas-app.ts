import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { type App, createApp, type ExecuteMiddleware, type PublishMiddleware } from "@q/core";
import { registerCanvasTasks } from "../canvas-tasks.ts";

/** `NOTES` is a file for the name of each task that runs, and the mark of its message. */
const { BROKER_URL = "memory://", SETTINGS = "{}", KILL_AT = "", MARK = "", NOTES = "" } = process.env;

/** Ends the process at once, as a crash does; once per test, whichever process comes first. */
function crash(point: string): void {
  if (point !== KILL_AT || existsSync(MARK)) return;
  writeFileSync(MARK, point);
  process.kill(process.pid, "SIGKILL");
}

/** The task is the body of the chord, or its error callback: `mark(…, "body", …)`. */
const isBody = (args: readonly unknown[]): boolean => args.includes("body");

const aroundBody: PublishMiddleware = async ({ task }, next) => {
  if (!isBody(task.args)) return next();
  crash("before the body is sent");
  await next();
  appendFileSync(`${MARK}.sent`, "x");
  crash("after the body is sent");
};

const note: ExecuteMiddleware = async ({ request }, next) => {
  const { args, headers } = request;
  if (MARK && isBody(args)) appendFileSync(`${MARK}.ran`, "x");
  if (NOTES) appendFileSync(NOTES, `${String(args.at(-2))} ${JSON.stringify(headers["x-q-once"] ?? "")}\n`);
  return next();
};

/** The canvas tasks for `q worker`, which dies at the point that the environment names. */
export const app: App = createApp("canvas", {
  broker: BROKER_URL,
  ...(JSON.parse(SETTINGS) as Readonly<Record<string, unknown>>),
  publishMiddleware: [aroundBody],
  executeMiddleware: [note],
});

registerCanvasTasks(app);

const backend = await app.backend();
const { chords } = backend;
if (chords) {
  const part = chords.part.bind(chords);
  chords.part = async (...args) => {
    crash("before the member is counted");
    const progress = await part(...args);
    if (progress === "last") crash("after the last member is counted");
    return progress;
  };
}
