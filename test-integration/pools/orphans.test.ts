import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { jsonLine, nodeProcess, waitUntil } from "../harness/index.ts";
import { isAlive } from "../harness/process-tree.ts";

const program = fileURLToPath(new URL("./programs/pool-owner-program.mjs", import.meta.url));

it.each(["idle", "sleep", "block", "ignore its signal"])(
  "leaves no child alive when the pool's process is killed: children that %s",
  async (act) => {
    await using owner = nodeProcess(program, [act]);
    const { pids, pid } = await owner.waitFor(jsonLine<{ pids: number[]; pid: number }>());
    expect(pids.filter(isAlive)).toHaveLength(2);
    // Not `owner.kill`, which takes the whole group.
    process.kill(pid, "SIGKILL");
    // Within two seconds, and what a busy machine adds.
    await waitUntil(() => !pids.some(isAlive), { timeoutMs: 10_000, what: "the end of the children" });
  },
);
