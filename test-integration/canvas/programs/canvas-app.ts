import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { type App, createApp, type PublishMiddleware } from "@q/core";
import { registerCanvasTasks } from "../canvas-tasks.ts";

const { BROKER_URL = "memory://", SETTINGS = "{}", KILL_AT = "", MARK = "" } = process.env;

/** Ends the process at once, as a crash does; once per test, whichever process comes first. */
function crash(point: string): void {
  if (point !== KILL_AT || existsSync(MARK)) return;
  writeFileSync(MARK, point);
  process.kill(process.pid, "SIGKILL");
}

const aroundBody: PublishMiddleware = async ({ task }, next) => {
  const isBody = task.args.includes("body");
  if (isBody) crash("before the body is sent");
  await next();
  if (!isBody) return;
  appendFileSync(`${MARK}.sent`, "x");
  crash("after the body is sent");
};

/** The canvas tasks for `q worker`, which dies at the point that the environment names. */
export const app: App = createApp("canvas", {
  broker: BROKER_URL,
  ...(JSON.parse(SETTINGS) as Readonly<Record<string, unknown>>),
  publishMiddleware: [aroundBody],
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
