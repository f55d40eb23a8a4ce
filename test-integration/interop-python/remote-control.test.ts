import { expect, it } from "vitest";
import { jsonTypes, sameShape } from "./shapes.ts";
import { type Fleet, withFleet } from "./fleet.ts";

/** Asks with Celery's client, in one call of the interpreter; answers by command and node, in the order asked. */
const askAll = `
inspect = app.control.inspect(timeout=20, limit=2)
return [inspect._request(name, **arguments) for name, arguments in args]
`;

/** Commands that only look, and some that change nothing to speak of. */
const commands: readonly (readonly [command: string, args: object])[] = [
  ["ping", {}],
  ["clock", {}],
  ["stats", {}],
  ["active", {}],
  ["reserved", {}],
  ["scheduled", {}],
  ["revoked", {}],
  ["registered", {}],
  ["registered", { builtins: true, taskinfoitems: ["max_retries", "name"] }],
  ["active_queues", {}],
  ["query_task", { ids: ["nobody"] }],
  ["conf", { with_defaults: false }],
  ["report", {}],
  ["hello", { from_node: "somebody@else", revoked: {} }],
  ["nosuchcommand", {}],
  ["query_task", {}],
  ["enable_events", { unexpected: 1 }],
  ["rate_limit", { task_name: "interop.add", rate_limit: "10/m" }],
  ["rate_limit", { task_name: "interop.add", rate_limit: 0 }],
  ["rate_limit", { task_name: "interop.add", rate_limit: "x/s" }],
  ["rate_limit", { task_name: "nobody.knows", rate_limit: "1/s" }],
  ["time_limit", { task_name: "interop.add", soft: 30, hard: 60 }],
  ["time_limit", { task_name: "interop.add", soft: null, hard: null }],
  ["terminate", { signal: "KILL", task_id: ["nobody"] }],
  ["revoke_by_stamped_headers", { headers: ["tenant=nobody"], terminate: true }],
  ["autoscale", { max: 3, min: 1 }],
  ["pool_restart", {}],
  ["heartbeat", {}],
  ["disable_events", {}],
  ["enable_events", {}],
  ["disable_events", {}],
];

/** The two answers of a command: Python's, and ours. */
function pair(fleet: Fleet, answers: Readonly<Record<string, unknown>>): [python: unknown, q: unknown] {
  const { hostname } = fleet.worker;
  const python = Object.keys(answers).find((node) => node !== hostname) ?? "";
  return [answers[python], answers[hostname]];
}

withFleet("remote control", {}, (fleet) => {
  it("answers Celery's client as Celery's workers do", async () => {
    const answers = await fleet().python.run<Record<string, unknown>[]>(askAll, commands, 60_000);
    for (const [index, [command, args]] of commands.entries()) {
      const [python, q] = pair(fleet(), answers[index] ?? {});
      expect(sameShape(command, python, q), `${command} ${JSON.stringify(args)}`).toEqual([]);
    }
  });

  it("asks Celery's workers, and gets what Celery's client gets", async () => {
    const theirs = await fleet().python.run<Record<string, unknown>[]>(askAll, commands, 60_000);
    const ours = [];
    for (const [command, args] of commands)
      ours.push(
        await fleet()
          .app.control.inspect({ limit: 2, timeout: 20 })
          .ask(command, { ...args }),
      );
    for (const [index, [command]] of commands.entries()) {
      expect(Object.keys(ours[index] ?? {}).sort(), command).toEqual(Object.keys(theirs[index] ?? {}).sort());
      const [python] = pair(fleet(), ours[index] ?? {});
      const [same] = pair(fleet(), theirs[index] ?? {});
      expect(jsonTypes(python), command).toEqual(jsonTypes(same));
    }
  });

  it("chooses among Python's and our workers by name and by pattern", async () => {
    const { control } = fleet().app;
    const { hostname } = fleet().worker;
    expect(await control.ping({ destination: hostname, timeout: 20 })).toEqual([
      { [hostname]: { ok: "pong" } },
    ]);
    const [python] = await control.ping({ pattern: "python-*", matcher: "glob", limit: 1, timeout: 20 });
    expect(Object.keys(python ?? {})).toEqual([expect.stringMatching(/^python-/)]);
    const [same] = await control.ping({ pattern: "pyth", matcher: "pcre", limit: 1, timeout: 20 });
    expect(same).toEqual(python);
  });

  it("changes what a Python worker does", async () => {
    const { app, worker } = fleet();
    const [reply] = await app.control.ping({ pattern: "python-*", matcher: "glob", limit: 1, timeout: 20 });
    const [destination = ""] = Object.keys(reply ?? {});
    const to = { destination, reply: true, timeout: 20 } as const;
    const told = async (replies: Promise<readonly object[]>): Promise<unknown> =>
      Object.values((await replies)[0] ?? {})[0];
    const queue = `extra-${crypto.randomUUID()}`;
    expect(await told(app.control.addConsumer(queue, to))).toEqual({ ok: `add consumer ${queue}` });
    expect(await (await app.sendTask("interop.add", [2, 3], { queue })).get({ timeout: 30 })).toBe(5);
    expect(await told(app.control.cancelConsumer(queue, to))).toEqual({
      ok: `no longer consuming from ${queue}`,
    });
    const id = crypto.randomUUID();
    expect(await told(app.control.revoke(id, to))).toEqual({ ok: `tasks {'${id}'} flagged as revoked` });
    expect((await app.control.inspect({ destination, timeout: 20 }).revoked())[destination]).toContain(id);
    const start = await app.sendTask("interop.add", [1, 1], { queue: "for-python", taskId: id });
    await expect(start.get({ timeout: 30 })).rejects.toThrow("revoked");
    expect(worker.isStopping).toBe(false);
  });
});
