import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import type { Io } from "../io.ts";
import { main } from "../main.ts";

let name: string;
beforeEach(() => void (name = crypto.randomUUID()));

/** Runs `q` on a broker in memory. */
async function q(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const io: Io = {
    env: { C_WNOCONF: "1" },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    ask: async () => "",
    color: false,
  };
  const urls = ["-b", `memory://${name}`, "--result-backend", `cache+memory://${name}`];
  const code = await main([...argv, ...urls], io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** A worker named `w1@here` on that broker. */
async function worker(): Promise<Worker> {
  const app = createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}` });
  app.task("t.add", (x: number, y: number) => x + y);
  const made = new Worker(app, { hostname: "w1@here", concurrency: 1 });
  onTestFinished(async () => {
    await made.stop("cold");
    await app.close();
  });
  await made.start();
  return made;
}

it("lists the workers that are online", async () => {
  await worker();
  expect(await q("status", "-d", "w1@here")).toMatchObject({
    code: 0,
    out: "->  w1@here: OK\n\n1 node online.",
  });
  const json = await q("status", "--json", "-d", "w1@here");
  expect([json.out, json.err]).toEqual(['{"w1@here":{"ok":"pong"}}', "\n1 node online."]);
  expect(await q("status", "-q", "-d", "w1@here")).toMatchObject({ out: "w1@here: OK" });
});

it.each([["status"], ["inspect", "ping"], ["control", "enable_events"]])(
  "ends with Celery's exit code when nobody answers: q %s %s",
  async (...argv) => {
    const { code, err } = await q(...argv.filter((word) => word !== undefined), "-t", "0.02");
    expect([code, err]).toEqual([69, "Error: No nodes replied within time constraint"]);
  },
);

it("prints answers as Celery does, or as JSON", async () => {
  await worker();
  const to = ["-d", "w1@here"];
  expect((await q("inspect", "active", ...to)).out).toBe("->  w1@here: OK\n    - empty -\n\n1 node online.");
  expect((await q("inspect", "registered", ...to)).out).toContain("    * t.add");
  expect((await q("inspect", "clock", ...to)).out).toMatch(/OK\n {4}\{\n {8}"clock": \d+\n {4}\}/);
  expect((await q("inspect", "registered", "-j", ...to)).out).toBe('{"w1@here":["t.add"]}');
  expect((await q("control", "rate_limit", "t.add", "10/m", ...to)).out).toBe(
    "->  w1@here: OK\n        new rate limit set successfully",
  );
  const refused = await q("control", "time_limit", "t.none", "1", ...to);
  expect([refused.code, refused.out]).toEqual([1, "->  w1@here: ERROR\n        unknown task"]);
  expect((await q("control", "heartbeat", ...to)).out).toBe("->  w1@here: OK");
  const half = await q("status", "-d", "w1@here,w2@here", "-t", "0.05");
  expect([half.code, half.err]).toEqual([0, "No answer from w2@here"]);
  const json = await q("control", "revoke", "0012", "0x10", "-j", ...to);
  expect(json.out).toBe(`[{"w1@here":{"ok":"tasks {'0012', '0x10'} flagged as revoked"}}]`);
});

it("lets workers that start later know of a revocation, although nobody answers", async () => {
  expect(await q("control", "revoke", "some-id", "-t", "0.02")).toMatchObject({
    code: 69,
    err: expect.stringContaining("workers that start will know of it") as string,
  });
  await q("control", "revoke_by_stamped_headers", "tenant=acme", "tenant=initech", "-t", "0.02");
  const { revoked, revokedStamps } = await worker();
  expect(revoked.texts()).toEqual(["some-id"]);
  expect(revokedStamps.texts()).toEqual(['["tenant","acme"]', '["tenant","initech"]']);
});

it.each([
  [["inspect"], /Which command\? q inspect --list/],
  [["inspect", "pong"], /no inspect command "pong"\. Did you mean "ping"\?/],
  [["inspect", "revoke"], /"revoke" is a command of q control/],
  [["control", "add_consumer"], /"add_consumer" takes the arguments: <queue> /],
  [["control", "rate_limit", "t.add"], /takes the arguments: <task_name> <rate_limit/],
  [["control", "terminate", "KILL"], /takes the arguments: <signal> <id1> /],
  [["control", "pool_grow", "many"], /n must be a number, and "many" is none/],
  [["inspect", "conf", "maybe"], /with_defaults must be a yes or no/],
  [["control", "revoke_by_stamped_headers", "tenant"], /"tenant" is no stamp/],
  [["inspect", "ping", "twice"], /"ping" takes no arguments/],
  [["control", "rate_limit", "a", "b", "c"], /takes the arguments: <task_name> <rate_limit/],
  [["inspect", "ping", "--no-such"], /Unknown argument/],
])("refuses %j", async (argv, message) => {
  const { code, err } = await q(...argv);
  expect([code, err]).toEqual([64, expect.stringMatching(message)]);
});

it("shows the commands of an app with --list and --help", async () => {
  const folder = mkdtempSync(join(tmpdir(), "q-remote-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const core = import.meta.resolve("@q/core");
  writeFileSync(
    join(folder, "proj.mjs"),
    `import { createApp } from ${JSON.stringify(core)};
     export const app = createApp("proj");
     app.commands.control({ name: "hold", args: { n: Number }, signature: "[N=1]", help: "hold more" }, () => null);
     app.commands.inspect({ name: "hidden", visible: false }, () => null);`,
  );
  const specifier = join(folder, "proj.mjs");
  for (const flag of ["--list", "--help"]) {
    const { code, out } = await q("-A", specifier, "control", flag);
    expect([code, out]).toEqual([0, expect.stringMatching(/ {2}hold \[N=1\] +hold more\n/)]);
  }
  const { out } = await q("-A", specifier, "inspect", "--list");
  expect(out).not.toContain("hidden");
  expect((await q("-A", "nowhere", "inspect", "--help")).out).toContain("  ping");
});
