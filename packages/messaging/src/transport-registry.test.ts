import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ScriptedTransport } from "./testing/scripted-transport.ts";
import { createTransportRegistry, TransportRegistry } from "./transport-registry.ts";

describe("TransportRegistry", () => {
  it("makes one transport for all schemes that were registered together", async () => {
    let made = 0;
    const registry = new TransportRegistry().register(
      ["one", "TWO"],
      () => (made++, new ScriptedTransport()),
    );
    expect(await registry.resolve("one://h")).toBe(await registry.resolve("two://h"));
    expect(made).toBe(1);
  });

  it("tries a load that failed again", async () => {
    let tries = 0;
    const registry = new TransportRegistry().register("x", () => {
      if (tries++ === 0) throw new Error("not yet");
      return new ScriptedTransport();
    });
    await expect(registry.resolve("x://")).rejects.toThrow("not yet");
    expect((await registry.resolve("x://")).name).toBe("scripted");
  });

  it("knows every scheme of kombu that the built-in transports serve", () => {
    expect(createTransportRegistry().schemes).toEqual(
      expect.arrayContaining([
        "memory",
        "sqlite",
        "redis",
        "rediss",
        "redis+socket",
        "sentinel",
        "amqp",
        "amqps",
        "pyamqp",
      ]),
    );
  });

  it("suggests the scheme that was probably meant", async () => {
    await expect(createTransportRegistry().resolve("rediz://h")).rejects.toMatchObject({
      code: "ERR_Q_UNKNOWN_TRANSPORT",
      message: expect.stringContaining('Did you mean "redis"?'),
    });
  });

  it("serves no scheme that belongs to another registry", async () => {
    createTransportRegistry().register("mine", () => new ScriptedTransport());
    await expect(createTransportRegistry().resolve("mine://")).rejects.toMatchObject({
      code: "ERR_Q_UNKNOWN_TRANSPORT",
    });
  });

  describe("with a module as the scheme", () => {
    const folder = mkdtempSync(join(tmpdir(), "q-transport-"));
    const body = "{ name: 'mine', capabilities: {}, connect() {} }";
    writeFileSync(
      join(folder, "mine.mjs"),
      `export const value = ${body};\nexport function createMine() { return ${body}; }\n` +
        "export class Mine { name = 'mine'; capabilities = {}; connect() {} }\nexport const wrong = 1;\n",
    );

    it.each(["value", "createMine", "Mine"])("imports the export %s once", async (name) => {
      const registry = new TransportRegistry();
      const transport = await registry.resolve(`${join(folder, "mine")}:${name}://h`);
      expect(transport.name).toBe("mine");
      expect(await registry.resolve(`${join(folder, "mine")}:${name}://other`)).toBe(transport);
    });

    it("says what is wrong with the module or the export", async () => {
      const registry = new TransportRegistry();
      await expect(registry.resolve(`${folder}/mine:createMin://`)).rejects.toThrow(
        'Did you mean "createMine"?',
      );
      await expect(registry.resolve(`${folder}/mine:wrong://`)).rejects.toThrow("is no transport");
      await expect(registry.resolve("no-such-package:x://")).rejects.toMatchObject({
        code: "ERR_Q_IMPROPERLY_CONFIGURED",
        message: expect.stringContaining("no-such-package"),
      });
    });
  });
});

it("imports no driver and no transport before a URL names one", () => {
  const seen = staticImports(new URL("./index.ts", import.meta.url));
  expect(seen).toContain("@q/kernel");
  expect(seen.some((name) => name.endsWith("/transport-registry.ts"))).toBe(true);
  const packages = seen.filter((name) => !name.startsWith("file:") && !name.startsWith("node:"));
  expect(packages).toEqual(["@q/kernel"]);
  expect(seen.filter((name) => name.includes("/transports/"))).toEqual([]);
});

/** What a source file, and whatever it imports, loads at once: dynamic and type imports do not count. */
function staticImports(file: URL, seen: Set<string> = new Set()): string[] {
  const source = readFileSync(file, "utf8");
  for (const [, isType, name = ""] of source.matchAll(
    /^(?:import|export)( type)?\s[^"';]*?from "([^"]+)"/gm,
  )) {
    const found = name.startsWith(".") ? new URL(name, file) : name;
    if (isType || seen.has(String(found))) continue;
    seen.add(String(found));
    if (typeof found !== "string") staticImports(found, seen);
  }
  return [...seen];
}
