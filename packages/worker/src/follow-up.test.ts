import { createApp } from "@q/core";
import { describe, expect, it } from "vitest";
import { Worker } from "./worker.ts";

const wait = { timeout: 20 };

describe("the next attempt of a task", () => {
  it("has its headers, without what a broker has counted and noted in them", async () => {
    await using app = createApp("test", { broker: "memory://headers", backend: "cache+memory://headers" });
    const names: string[][] = [];
    const flaky = app.task({ name: "flaky", bind: true }, (self) => {
      names.push(Object.keys(self.request.headers).filter((name) => name.startsWith("x-")));
      if (self.request.retries === 0) self.retry({ countdown: 0 });
    });
    await using worker = new Worker(app);
    await worker.start();

    const noted = { "x-death": [], "x-first-death-queue": "q", "x-delivery-count": 2, "x-acquired-count": 3 };
    await (await flaky.applyAsync([], { headers: { ...noted, "x-tenant": "t" } })).get(wait);
    expect(names).toEqual([[...Object.keys(noted), "x-tenant"], ["x-tenant"]]);
  });
});

describe("callbacks of a task", () => {
  it("are its child: a group, as in Celery, when there are several", async () => {
    await using app = createApp("test", {
      broker: "memory://follow-up",
      backend: "cache+memory://follow-up",
    });
    const add = app.task("add", (x: number, y: number) => x + y);
    await using worker = new Worker(app);
    await worker.start();

    const result = await add.applyAsync([2, 2], { link: [add.s(10), add.s(20)] });
    expect(await result.get(wait)).toBe(4);
    const children = await result.children();
    expect(await Promise.all(children.map((child) => child.get(wait)))).toEqual([[14, 24]]);
  });

  it("are no children of a task without a trail", async () => {
    await using app = createApp("test", { broker: "memory://no-trail", backend: "cache+memory://no-trail" });
    const add = app.task({ name: "add", trail: false }, (x: number, y: number) => x + y);
    await using worker = new Worker(app);
    await worker.start();

    const result = await add.applyAsync([2, 2], { link: add.s(10) });
    expect(await result.get(wait)).toBe(4);
    expect(await result.children()).toEqual([]);
  });
});
