import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import { requires, startRedis, suiteResource, uniqueName, waitUntil } from "../harness/index.ts";

const tmux = (...args: string[]): string => execFileSync("tmux", args, { encoding: "utf8", timeout: 60_000 });
const q = new URL("../../packages/cli/bin/q.js", import.meta.url).pathname;

requires("redis", "tmux")("q events on a real terminal", () => {
  const redis = suiteResource(() => startRedis());

  it("shows the fleet, looks into a task, and gives the terminal back", async () => {
    await using app = createApp("terminal", { broker: redis().url });
    const fail = app.task("t.fail", (reason: string) => {
      throw new RangeError(reason);
    });
    await using worker = new Worker(app, { hostname: "w@here", taskEvents: true, heartbeatInterval: 0.2 });
    await worker.start();

    const session = uniqueName("q");
    const page = (): string => tmux("capture-pane", "-p", "-t", session);
    tmux(
      "new-session",
      "-d",
      "-s",
      session,
      "-x",
      "120",
      "-y",
      "20",
      `${process.execPath} ${q} events -b ${redis().url}; echo ended; cat`,
    );
    try {
      await waitUntil(() => page().includes("Workers online: 1/1 w@here"), {
        what: "the worker on the screen",
      });
      const { id } = await fail.delay("too far");
      await waitUntil(() => page().includes(`${id} t.fail`) && page().includes("FAILURE"), {
        what: "the task",
      });
      tmux("send-keys", "-t", session, "j");
      tmux("send-keys", "-t", session, "r");
      await waitUntil(() => page().includes("RangeError('too far')"), { what: "its error" });
      // Two keys in one piece: away with the error, then revoke.
      tmux("send-keys", "-t", session, "xc");
      await waitUntil(() => worker.revoked.has(id), { what: "the revocation" });
      tmux("send-keys", "-t", session, "q");
      await waitUntil(() => page().includes("ended") && !page().includes("Workers online"), {
        what: "the end",
      });
    } finally {
      tmux("kill-session", "-t", session);
    }
    expect(worker.isStopping).toBe(false);
  });
});
