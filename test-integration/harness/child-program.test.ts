import { existsSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { ChildProgram, jsonLine, nodeProcess, requires, waitUntil } from "./index.ts";

const echo = "test-integration/harness/fixtures/echo-program.ts";

describe("a node process", () => {
  it("runs TypeScript with arguments and environment, and speaks JSON lines", async () => {
    await using program = nodeProcess(echo, ["one", "two"], { env: { ECHO_WORD: "hello" } });
    const ready = await program.waitFor(jsonLine((m) => m["event"] === "ready"));
    expect(ready).toEqual({ event: "ready", args: ["one", "two"], word: "hello" });

    program.write("a\nb\n");
    expect(await program.waitFor(jsonLine((m) => m["line"] === "b"))).toEqual({ event: "echo", line: "b" });
  });

  it("fails with exit code and log when the program ends before the expected line", async () => {
    await using program = nodeProcess(echo);
    await program.waitFor(/ready/);
    program.write("exit\n");
    await expect(program.waitFor(/never/)).rejects.toThrow(/exit code 3[^]*a line on stderr/);
    expect(await program.exited).toEqual({ code: 3, signal: null });
  });

  it("fails when the line does not come in time, and the program goes on", async () => {
    await using program = nodeProcess(echo);
    await program.waitFor(/ready/);
    await expect(program.waitFor(/never/, { timeoutMs: 20 })).rejects.toThrow(
      /within 20 ms \(still running\)/,
    );
    expect(program.isRunning).toBe(true);
  });

  it("is killed with everything it forked", async () => {
    const args = ["-c", "sleep 1000 & echo up; wait"];
    await using program = new ChildProgram({ name: "forker", command: "sh", args });
    await program.waitFor(/up/);
    program.kill("SIGKILL");
    // Resolves only at the end of the output, which the forked process holds open too.
    expect(await program.exited).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("reports a command that does not exist", async () => {
    await using program = new ChildProgram({ name: "nothing", command: "/no/such/program" });
    await expect(program.waitFor(/x/)).rejects.toThrow("nothing ended before");
  });

  it("fails loudly when the program ignores the request to stop", async () => {
    const args = ["-c", "trap '' TERM; echo up; while :; do sleep 0.05; done"];
    await using program = new ChildProgram({ name: "stubborn", command: "sh", args });
    await program.waitFor(/up/);
    await expect(program.stop("SIGTERM", 100)).rejects.toThrow("within 100 ms of SIGTERM");
  });
});

requires("redis")("orphans", () => {
  it("leaves no process and no folder behind when the test process itself is SIGKILLed", async () => {
    await using program = nodeProcess("test-integration/harness/fixtures/orphaning-program.ts");
    const made = await program.waitFor(jsonLine<{ url: string; folder: string }>());
    expect(existsSync(made.folder)).toBe(true);
    expect(await canConnect(made.url)).toBe(true);

    process.kill(program.pid, "SIGKILL");
    await program.exited;
    await waitUntil(async () => !(await canConnect(made.url)), { what: "the orphaned Redis to be gone" });
    await waitUntil(() => !existsSync(made.folder), { what: "the orphaned folder to be gone" });
  });
});

function canConnect(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
