import { describe, expect, it } from "vitest";
import { recordingLogger } from "@q/kernel/testing";
import { EventBus } from "./event-bus.ts";
import { composeMiddleware, type Middleware } from "./middleware.ts";

interface Events {
  readonly tick: { readonly n: number };
  readonly tock: { readonly n: number };
}

describe("an event bus", () => {
  it("tells its listeners at once, in the order of their subscription, of their event only", () => {
    const bus = new EventBus<Events>(() => recordingLogger());
    const seen: string[] = [];
    bus.on("tick", ({ n }) => seen.push(`first ${n}`));
    bus.on("tick", ({ n }) => seen.push(`second ${n}`));
    bus.on("tock", ({ n }) => seen.push(`tock ${n}`));
    bus.emit("tick", { n: 1 });
    expect(seen).toEqual(["first 1", "second 1"]);
  });

  it("goes on when a listener throws, and logs it", () => {
    const logger = recordingLogger();
    const bus = new EventBus<Events>(() => logger);
    const seen: number[] = [];
    bus.on("tick", () => {
      throw new Error("broken listener");
    });
    bus.on("tick", ({ n }) => seen.push(n));
    bus.emit("tick", { n: 1 });
    expect(seen).toEqual([1]);
    expect(logger.lines).toMatchObject([
      { level: "error", fields: { event: "tick", err: { message: "broken listener" } } },
    ]);
  });

  it("forgets listeners that unsubscribe, and knows whether any are left", () => {
    const bus = new EventBus<Events>(() => recordingLogger());
    const off = bus.on("tick", () => expect.unreachable());
    expect([bus.has("tick"), bus.has("tock")]).toEqual([true, false]);
    off();
    off();
    bus.emit("tick", { n: 1 });
    expect(bus.has("tick")).toBe(false);
  });
});

describe("composed middleware", () => {
  const noting =
    (name: string, seen: string[]): Middleware<string, string> =>
    async (context, next) => {
      seen.push(`${name} before ${context}`);
      const result = await next();
      seen.push(`${name} after`);
      return `${name}(${result})`;
    };

  it("is nothing for an empty chain", () => {
    expect(composeMiddleware([])).toBeUndefined();
  });

  it("wraps from the outside in", async () => {
    const seen: string[] = [];
    const around = composeMiddleware([noting("a", seen), noting("b", seen)]);
    expect(await around?.("x", async () => "last")).toBe("a(b(last))");
    expect(seen).toEqual(["a before x", "b before x", "b after", "a after"]);
  });

  it("lets a part answer by itself, and passes on what is thrown", async () => {
    const short = composeMiddleware<string, string>([async () => "short"]);
    expect(await short?.("x", async () => expect.unreachable())).toBe("short");
    const seen: string[] = [];
    const around = composeMiddleware([noting("a", seen)]);
    await expect(around?.("x", async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(seen).toEqual(["a before x"]);
  });
});
