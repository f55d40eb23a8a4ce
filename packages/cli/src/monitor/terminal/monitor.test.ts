import { describe, expect, it, onTestFinished } from "vitest";
import { createApp } from "@q/core";
import { EventState, type ReceivedEvent } from "@q/core/events";
import { Monitor } from "./monitor.ts";
import type { Terminal } from "./screen.ts";

const NOW = new Date(2030, 0, 1, 10, 20, 30).getTime() / 1000;

/** A monitor on a terminal that keeps what was written last. */
function bench({ rows = 14, columns = 120, color = false } = {}): {
  readonly page: () => string[];
  readonly drawn: () => string;
  readonly trouble: (text: string) => void;
  readonly inverted: () => string | undefined;
  readonly keys: (...typed: string[]) => void;
  readonly task: (uuid: string, type: string, fields?: Partial<ReceivedEvent>) => void;
  readonly hasQuit: () => boolean;
} {
  const app = createApp("test", { broker: `memory://${crypto.randomUUID()}` });
  const state = new EventState();
  let [drawn, quit, clock] = ["", false, 0];
  const terminal: Terminal = { columns, rows, write: (text) => void (drawn = text) };
  const monitor = new Monitor(app, { state, terminal, color, title: "q events", quit: () => (quit = true) });
  onTestFinished(() => app.close());
  monitor.draw();
  // oxlint-disable-next-line no-control-regex -- the sequences of a terminal
  const plain = (text: string): string => text.replace(/\u001b\[[?\d]*[A-Za-z]/g, "");
  return {
    page: () => plain(drawn).split("\r\n"),
    drawn: () => drawn,
    trouble: (text) => {
      monitor.trouble = text;
      monitor.draw();
    },
    // oxlint-disable-next-line no-control-regex -- the sequences of a terminal
    inverted: () => [...drawn.matchAll(/\u001b\[7m(.*?)\u001b\[0m/g)].at(-1)?.[1],
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
    expect(page().slice(0, 4)).toEqual([
      expect.stringMatching(/^ q events +$/),
      expect.stringMatching(/^UUID +TASK +WORKER +TIME +STATE/),
      expect.stringMatching(/^one +t\.add +w@here +10:20:30 SUCCESS/),
      expect.stringMatching(/^two +t\.add +a-worker-wit…g-name@here 10:20:30 RECEIVED/),
    ]);
    expect(page()).toContain("Info: events:3 tasks:2 types:1 running:0");
    expect(page()).toHaveLength(14);
  });

  it("shows the state of tasks whatever its width, in colours where there are some", () => {
    for (const columns of [40, 80, 200]) {
      const { page, drawn, task } = bench({ columns, color: true });
      task("a".repeat(36), "task-received", {
        name: "proj.module.a_rather_long_name",
        hostname: "worker@host",
      });
      task("a".repeat(36), "task-succeeded");
      expect(page()[2]).toMatch(/^aaaa.* 10:20:30 SUCCESS *$/);
      expect(page()[2]).toHaveLength(columns);
      expect(drawn()).toContain("\u001b[32mSUCCESS");
    }
    const { drawn, task } = bench();
    task("one", "task-failed", { name: "t.add" });
    expect(drawn()).not.toContain("\u001b[31m");
  });

  it("says that events may be missing", () => {
    const { page, trouble } = bench();
    trouble("connection lost, connecting again");
    expect(page()[0]).toMatch(/^ q events +connection lost, connecting again$/);
    trouble("");
    expect(page()[0]).toMatch(/^ q events +$/);
  });

  it("shows what is known of the selected task", () => {
    const { page, inverted, keys, task } = bench({ rows: 40 });
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
    expect(page().slice(2, 5)).toEqual(["state      FAILURE", "worker     w@here", "received   10:20:30"]);
    keys("x");
    expect(inverted()).toMatch(/^one /);
  });

  it("scrolls texts that are longer than the screen", () => {
    const { page, keys, task } = bench({ rows: 10 });
    const traceback = Array.from({ length: 20 }, (_, n) => `line ${n}`).join("\n");
    task("one", "task-failed", { name: "t.add", traceback });
    keys("j", "t");
    expect(page().slice(2)).toEqual([
      ...["line 0", "line 1", "line 2", "line 3", "line 4", "line 5", ""],
      "j/k:scroll (14 more lines) any other key:back",
    ]);
    keys("j", "\u001b[B");
    expect(page()[2]).toBe("line 2");
    keys(...Array.from({ length: 20 }, () => "\u001b[6~"));
    expect(page().slice(2, 8)).toEqual([14, 15, 16, 17, 18, 19].map((n) => `line ${n}`));
    keys("x");
    expect(page()[1]).toMatch(/^UUID/);
  });

  it("keeps to its page, whatever comes", () => {
    const { page, inverted, keys, task } = bench({ rows: 10 });
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
