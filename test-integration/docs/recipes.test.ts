import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { deferred } from "@q/kernel";
import { Worker } from "@q/worker";
import { expect, it, onTestFinished } from "vitest";
// @boundaries-ignore the examples are what is tested
import { onlyOne } from "../../docs/examples/recipes/only-one.ts";
// @boundaries-ignore the examples are what is tested
import { app, callHook } from "../../docs/examples/recipes/webhook.ts";
import { nodeProcess, requires, startRedis, suiteResource, tempFolder, waitUntil } from "../harness/index.ts";

const repository = new URL("../..", import.meta.url).pathname;

requires("redis")("The recipe for one at a time", () => {
  const server = suiteResource(() => startRedis());
  const lock = (key: string, leaseMs = 60_000): { key: string; leaseMs: number } => ({ key, leaseMs });

  it("does what nobody else is doing, and gives the lock back, also after a failure", async () => {
    const redis = server().client();
    const end = deferred<string>();
    const first = onlyOne(redis, lock("feed"), () => end.promise);
    await waitUntil(() => redis.exists("feed"), { accept: (found) => found === 1, what: "the lock" });
    expect(await onlyOne(redis, lock("feed"), async () => "second")).toBeUndefined();
    expect(await onlyOne(redis, lock("other feed"), async () => "another")).toBe("another");
    end.resolve("first");
    expect(await first).toBe("first");
    await expect(onlyOne(redis, lock("feed"), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await onlyOne(redis, lock("feed"), async () => "second")).toBe("second");
  });

  it("keeps the lock for as long as the work takes", async () => {
    const redis = server().client();
    const end = deferred<string>();
    const first = onlyOne(redis, lock("long", 2000), () => end.promise);
    const tillMs = performance.now() + 5000;
    await waitUntil(() => performance.now() >= tillMs);
    expect(await onlyOne(redis, lock("long"), async () => "second")).toBeUndefined();
    end.resolve("first");
    expect(await first).toBe("first");
  });

  it("goes on after the death of a holder, when the lease has run out", async () => {
    const redis = server().client();
    await redis.set("dead", "somebody", "PX", 2000);
    expect(await onlyOne(redis, lock("dead"), async () => "too early")).toBeUndefined();
    const taken = await waitUntil(() => onlyOne(redis, lock("dead"), async () => "taken over"), {
      accept: (value) => value !== undefined,
      what: "the end of the lease",
    });
    expect(taken).toBe("taken over");
  });

  it("tells the work that the lock is lost, and leaves it to its new holder", async () => {
    const redis = server().client();
    const work = onlyOne(redis, lock("lost", 1000), async (signal) => {
      await redis.set("lost", "somebody else");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
    });
    await expect(work).rejects.toThrow("the lock lost is lost");
    expect(await redis.get("lost")).toBe("somebody else");
  });
});

/** A server that answers one request after the other with these status codes, and what it was sent. */
async function hookServer(...codes: number[]) {
  const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      calls.push({ headers: request.headers, body });
      response.writeHead(codes[calls.length - 1] ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify({ calls: calls.length }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, calls };
}

requires()("The recipe for calling a URL", () => {
  suiteResource(async () => {
    const name = crypto.randomUUID();
    app.config.update({
      brokerUrl: `memory://${name}`,
      resultBackend: `cache+memory://${name}`,
      taskAnnotations: { "hooks.call": { retryBackoff: 0.001 } },
    });
    const worker = new Worker(app, { concurrency: 1 });
    await worker.start();
    return {
      async [Symbol.asyncDispose]() {
        await worker.stop();
        await app.close();
      },
    };
  });

  it("tries again what may pass, as the same call", async () => {
    const { url, calls } = await hookServer(503, 429);
    const result = await callHook.delay(url, { order: 17 });
    expect(await result.get({ timeout: 20 })).toEqual({ calls: 3 });
    expect(calls.map(({ body }) => body)).toEqual(Array(3).fill('{"order":17}'));
    expect(new Set(calls.map(({ headers }) => headers["idempotency-key"]))).toEqual(new Set([result.id]));
    expect(new Set(calls.map(({ headers }) => headers["x-signature"])).size).toBe(1);
  });

  it("fails at once with what will not pass", async () => {
    const { url, calls } = await hookServer(404);
    await expect((await callHook.delay(url, {})).get({ timeout: 20 })).rejects.toThrow(
      "refused the call: 404",
    );
    expect(calls).toHaveLength(1);
  });

  it("tries again when nobody is there, and gives up in the end", async () => {
    const call = callHook.applyAsync(["http://127.0.0.1:9/", {}]);
    await expect((await call).get({ timeout: 20 })).rejects.toThrow("cannot be reached");
  });
});

requires()("The blog", () => {
  it("shows comments when a worker has let them through, and no spam", async () => {
    await using folder = await tempFolder("blog");
    const blog = join(repository, "docs/examples/blog");
    await using server = nodeProcess(`${blog}/server.ts`, [], { cwd: folder.path, env: { PORT: "0" } });
    await server.waitFor(/^http:/);
    const [url = ""] = server.lines;
    const send = (author: string, text: string): Promise<Response> =>
      fetch(url, { method: "POST", body: new URLSearchParams({ author, text }), redirect: "manual" });
    const page = async (): Promise<string> => (await fetch(url)).text();

    expect((await send("", "nobody")).status).toBe(400);
    expect((await send("Ada", "Well said <3")).status).toBe(303);
    expect((await send("Bot", "Best casino in town")).status).toBe(303);
    expect(await page()).not.toContain("<li>");

    const arguments_ = ["-A", `${blog}/tasks.ts`, "worker", "-l", "INFO", "-c", "1"];
    await using worker = nodeProcess("packages/cli/bin/q.js", arguments_, { cwd: folder.path });
    await worker.waitFor(/verdict=shown/, { timeoutMs: 30_000 });
    await worker.waitFor(/verdict=spam/);
    expect(await page()).toContain("<li><b>Ada</b>: Well said &#60;3</li>");
    expect(await page()).not.toContain("casino");
    expect(await worker.stop("SIGTERM")).toEqual({ code: 0, signal: null });
    expect(await server.stop("SIGTERM")).toEqual({ code: 0, signal: null });
  });
});
