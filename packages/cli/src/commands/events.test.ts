import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "@q/core";
import { EventDispatcher } from "@q/core/events";
import type { Io } from "../io.ts";
import { main } from "../main.ts";

interface Run {
  /** Resolves with the first line of output that matches. */
  readonly printed: (pattern: RegExp) => Promise<string>;
  /** Asks it to end and resolves with its exit code. */
  readonly end: () => Promise<number>;
}

const events = { broker: "", dispatcher: undefined as EventDispatcher | undefined };

/** Runs `q events` in a folder of its own, on a broker in memory that `events.dispatcher` sends to. */
function qEvents(argv: readonly string[], folder = tmpdir()): Run {
  events.broker = `memory://${crypto.randomUUID()}`;
  const app = createApp("test", { broker: events.broker });
  events.dispatcher = new EventDispatcher(app, { hostname: "w@here" });
  onTestFinished(() => app.close());
  const [lines, stop] = [[] as string[], new AbortController()];
  const io: Io = {
    env: { C_WNOCONF: "1" },
    out: (line) => void lines.push(line),
    err: (line) => void lines.push(line),
    ask: async () => "",
    stop: stop.signal,
    color: false,
  };
  const before = process.cwd();
  const ended = main(["events", "-b", events.broker, "--workdir", folder, ...argv], io).finally(() =>
    process.chdir(before),
  );
  return {
    printed: async (pattern) => {
      await expect.poll(() => lines.some((line) => pattern.test(line))).toBe(true);
      return lines.find((line) => pattern.test(line)) ?? "";
    },
    end: async () => {
      stop.abort();
      return ended;
    },
  };
}

/** Sends something until the receiver listens. */
async function knock(run: Run, pattern: RegExp): Promise<void> {
  const timer = setInterval(() => events.dispatcher?.send("worker-heartbeat", { freq: 2 }), 5);
  await run.printed(pattern).finally(() => clearInterval(timer));
}

describe("q events", () => {
  it("prints events as Celery does", async () => {
    const run = qEvents(["--dump"]);
    await knock(
      run,
      /^w@here \[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+00:00\] heartbeat: clock=\d+, freq=2, /,
    );
    events.dispatcher?.send("task-received", {
      uuid: "u1",
      name: "t.add",
      args: "(1,)",
      kwargs: "{}",
      eta: null,
    });
    await run.printed(/ task received: t\.add\(u1\) args=\(1,\) kwargs=\{\} clock=\d+, eta=None, /);
    events.dispatcher?.send("task-rejected", { uuid: "u1", requeue: false });
    await run.printed(/ task rejected: t\.add\(u1\) args=\(1,\) kwargs=\{\} .*requeue=False/);
    events.dispatcher?.send("task-started", { uuid: "unheard" });
    await run.printed(/ task started: unheard clock/);
    expect(await run.end()).toBe(0);
  });

  it("prints them as JSON", async () => {
    const run = qEvents(["--json"]);
    await knock(run, /heartbeat/);
    events.dispatcher?.send("deploy-finished", { version: "1.2" });
    expect(JSON.parse(await run.printed(/deploy/))).toMatchObject({
      type: "deploy-finished",
      hostname: "w@here",
      version: "1.2",
    });
    expect(await run.end()).toBe(0);
  });

  it.each([
    [
      "a function",
      "export const camera = (state) => globalThis.cameraTest.add(`${state.workers.size} workers`);",
    ],
    [
      "a class",
      `export class camera {
        constructor(state, options) { Object.assign(this, { state, options }); }
        install() { this.timer = setInterval(() => this.onShutter(), 5); }
        onShutter() { if (this.options.freq === 0.01) globalThis.cameraTest.add(\`\${this.state.workers.size} workers\`); }
        async [Symbol.asyncDispose]() { clearInterval(this.timer); }
      }`,
    ],
  ])("has %s take snapshots", async (_kind, source) => {
    const folder = mkdtempSync(join(tmpdir(), "q-camera-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "cameras.mjs"), source);
    const shots = new Set<string>();
    Object.assign(globalThis, { cameraTest: shots });
    const run = qEvents(["--camera", "cameras.mjs:camera", "-F", "0.01"], folder);
    await run.printed(/snapshots with cameras\.mjs:camera, every 0\.01 s/);
    const timer = setInterval(() => events.dispatcher?.send("worker-online", { freq: 2 }), 5);
    await expect.poll(() => [...shots]).toContain("1 workers");
    clearInterval(timer);
    expect(await run.end()).toBe(0);
  });

  it("refuses what it cannot show", async () => {
    expect(await qEvents([]).end()).toBe(64);
    expect(await qEvents(["--camera", "nowhere:camera"]).end()).toBe(64);
    expect(await qEvents(["--camera", "node:path:sep"]).end()).toBe(64);
  });
});
