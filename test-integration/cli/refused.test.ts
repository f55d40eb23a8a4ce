import { expect, it } from "vitest";
import {
  type ChildProgram,
  nodeProcess,
  requires,
  sharedRabbitUrl,
  startRedis,
  suiteResource,
} from "../harness/index.ts";

/** `EX_NOPERM` of sysexits.h. */
const NO_PERMISSION = 77;

/** A worker of an app whose results, if it gets so far, nobody keeps. */
function worker(broker: string): ChildProgram {
  const app = "interop-python/programs/interop-app.ts";
  return nodeProcess("packages/cli/bin/q.js", ["-A", app, "-b", broker, "worker", "-P", "solo"], {
    cwd: new URL("..", import.meta.url).pathname,
    env: { BROKER_URL: broker },
  });
}

/** The exit code of a program, and what it printed. */
async function end(program: ChildProgram): Promise<{ code: number | null; text: string }> {
  const { code } = await program.exited;
  return { code, text: program.lines.join("\n") };
}

requires("redis")("q worker that Redis refuses", () => {
  const redis = suiteResource(() => startRedis({ password: "s3cret" }));

  it.each(["", ":wrong@", "nobody:s3cret@"])("ends with 77 and says why, as %j", async (login) => {
    await using program = worker(redis().url.replace(":s3cret@", login));
    const { code, text } = await end(program);
    expect(text).toMatch(/Redis refused us .*Check the user name, the password.*\[ERR_Q_ACCESS_REFUSED\]/);
    expect(text).not.toMatch(/s3cret|\bready\b/);
    expect(code).toBe(NO_PERMISSION);
  });
});

requires("rabbitmq")("q worker that RabbitMQ refuses", () => {
  it("ends with 77 and says why when the password is wrong", async () => {
    const url = new URL(await sharedRabbitUrl());
    url.password = "not-the-password";
    await using program = worker(url.href);
    const { code, text } = await end(program);
    expect(text).toMatch(/refused the login\. Check user, password.*\[ERR_Q_ACCESS_REFUSED\]/);
    expect(text).not.toMatch(/not-the-password|\bready\b/);
    expect(code).toBe(NO_PERMISSION);
  });

  it("ends with 77 and says why when there is no such virtual host", async () => {
    const url = new URL(await sharedRabbitUrl());
    url.pathname = "/no-such-virtual-host";
    await using program = worker(url.href);
    const { code, text } = await end(program);
    expect(text).toMatch(/virtual host "no-such-virtual-host".*\[ERR_Q_ACCESS_REFUSED\]/);
    expect(code).toBe(NO_PERMISSION);
  });
});
