import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { jsonLine, nodeProcess, requires, tempFolder } from "../harness/index.ts";

/** Bytes that a file of the program may have. */
const LIMIT = 1_500_000;

/** Lets the files of a running process grow up to that size. */
const limitFiles = (pid: number, bytes: number | "unlimited"): Promise<unknown> =>
  promisify(execFile)("prlimit", [`--pid=${pid}`, `--fsize=${bytes}:unlimited`]);

requires()("An SQLite file that cannot grow", () => {
  it("says so to publishers, and loses nothing that was confirmed once it can", async () => {
    await using folder = await tempFolder("disk");
    const env = { BROKER_URL: `sqlite:///${folder.path}/q.db` };
    await using program = nodeProcess("test-integration/recovery/programs/small-disk.ts", [], { env });
    await limitFiles(program.pid, LIMIT);

    expect(await program.waitFor(jsonLine(), { timeoutMs: 40_000 })).toEqual({
      code: "ERR_Q_PUBLISH",
      message: expect.stringContaining("Check the disk") as string,
    });
    await limitFiles(program.pid, "unlimited");
    program.write("go\n");

    const { confirmed, right } = await program.waitFor(
      jsonLine<{ confirmed: number; right: number }>(({ confirmed: count }) => count > 0),
      { timeoutMs: 60_000 },
    );
    expect(right).toBe(confirmed);
    expect(await program.exited).toMatchObject({ code: 0 });
  });
});
