import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "@q/core";
import { EventState, type ReceivedEvent } from "@q/core/events";
import { Monitor } from "./monitor.ts";
import type { Terminal } from "./screen.ts";

const NOW = Date.parse("2030-01-01T10:20:30Z") / 1000;

/** A monitor on a terminal of 100 columns that keeps what was written last. */
function bench(rows = 14): {
  readonly page: () => string[];
  readonly inverted: () => string | undefined;
  readonly keys: (...typed: string[]) => void;
  readonly task: (uuid: string, type: string, fields?: Partial<ReceivedEvent>) => void;
  readonly hasQuit: () => boolean;
} {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}` });
  const state = new EventState();
  let [drawn, quit, clock] = ["", false, 0];
  const terminal: Terminal = { columns: 100, rows, write: (text) => void (drawn = text) };
  const monitor = new Monitor(app, { state, terminal, quit: () => (quit = true) });
  onTestFinished(() => app.close());
  monitor.draw();
  // oxlint-disable-next-line no-control-regex -- the sequences of a terminal
  const plain = (text: string): string => text.replace(/\u001b\[[?\d]*[A-Za-z]/g, "");
  return {
    page: () => plain(drawn).split("\r\n"),
    // oxlint-disable-next-line no-control-regex -- the sequences of a terminal
    inverted: () => /\u001b\[7m(.*?)\u001b\[0m/.exec(drawn)?.[1],
    keys: (...typed) => typed.forEach((one) => monitor.key(one)),
    task: (uuid, type, fields = {}) => {
      const common = { hostname: "w@here", pid: 1, clock: ++clock, timestamp: NOW, local_received: NOW };
      state.event({ type, uuid, ...common, ...(type === "task-received" && { name: "t.add" }), ...fields });
      monitor.draw();
    },
    hasQuit: () => quit,
  };
}

describe("the terminal monitor", () => {
  it("lists tasks, the newest first, and says who is there", () => {
    const { page, task } = bench();
    task("one", "task-received");
    task("two", "task-received", { hostname: "a-worker-with-a-long-name@here" });
    task("one", "task-succeeded", { result: "3" });
    expect(page().slice(0, 3)).toEqual([
      expect.stringMatching(/^UUID +TASK +WORKER +TIME +STATE/),
      expect.stringMatching(/^one +t\.add +w@here +10:20:30 SUCCESS/),
      expect.stringMatching(/^two +t\.add +a-worker-w…name@here 10:20:30 RECEIVED/),
    ]);
    expect(page()).toContain("Info: events:3 tasks:2 types:1 running:0");
    expect(page()).toHaveLength(14);
  });

  it("shows what is known of the selected task", () => {
    const { page, inverted, keys, task } = bench(40);
    for (const uuid of ["one", "two", "three"]) task(uuid, "task-received");
    task("one", "task-failed", { exception: "ValueError('no')", traceback: "line 1\nline 2" });
    keys("j", "j", "\u001b[B", "k");
    expect(inverted()).toMatch(/^three /);
    keys("k", "\u001b[A");
    expect(inverted()).toMatch(/^one /);
    keys("t");
    expect(page().slice(0, 4)).toEqual(["Traceback: t.add one", "", "line 1", "line 2"]);
    keys("x", "r");
    expect(page()[2]).toBe("ValueError('no')");
    keys("x", "i");
    expect(page().join("")).toContain('"state": "FAILURE"');
    keys("x");
    expect(inverted()).toMatch(/^one /);
  });

  it("keeps to its page, whatever comes", () => {
    const { page, inverted, keys, task } = bench(10);
    for (let n = 0; n < 50; n++) task(`u${n}`, "task-received", { name: "\u001b[2J evil\r\n" });
    for (let n = 0; n < 60; n++) keys("j");
    expect(page()).toHaveLength(10);
    expect(inverted()).toMatch(/^u0 .*\[2J evil/);
  });

  it("gives commands to the workers", async () => {
    const { page, keys, task } = bench();
    keys("c", "i");
    expect(page().join()).toContain("select a task");
    task("one", "task-received");
    keys("j", "c");
    await expect.poll(() => page().join()).toContain("revoke one: sent");
    keys("l", "1", "x", "\u007f", "/", "m");
    expect(page().join()).toContain("such as 10/m, 0 for none: 1/m_");
    keys("\r");
    await expect.poll(() => page().join()).toContain("rate limit t.add 1/m: sent");
    keys("l", "\u001b");
    expect(page().join()).not.toContain("such as 10/m");
  });

  it("ends with q and with ^C", () => {
    const [one, two] = [bench(), bench()];
    one.keys("q");
    two.keys("l", "\u0003");
    expect([one.hasQuit(), two.hasQuit()]).toEqual([true, true]);
  });
});
