import { MissingDriverError, loadDriver } from "@q/kernel";
import { describe, expect, it } from "vitest";
import { createCompressionRegistry } from "../compression/compression-registry.ts";
import {
  CodecNotLoadedError,
  ContentRefusedError,
  UnknownCompressionError,
  UnknownSerializerError,
} from "./errors.ts";
import { createSerializerRegistry } from "./serializer-registry.ts";
import { textSerializer } from "./text.ts";

const upper = { ...textSerializer, name: "upper", aliases: ["loud"], contentType: "text/x-upper" };

describe("SerializerRegistry", () => {
  it("finds by name, alias and content type what is loaded", () => {
    const registry = createSerializerRegistry();
    expect(registry.names()).toEqual(["json", "text", "binary", "yaml", "msgpack"]);
    for (const name of ["json", "application/json", "Application/JSON; charset=utf-8"]) {
      expect(registry.find(name)?.name).toBe("json");
    }
    expect(registry.find("raw")).toBe(registry.find("application/data"));
    expect(registry.find("yaml")).toBeUndefined();
    expect(registry.describe("yaml")).toMatchObject({ name: "yaml", contentType: "application/x-yaml" });
    expect(registry.find("toString")).toBeUndefined();
  });

  it("loads once, also when asked twice at the same time", async () => {
    const registry = createSerializerRegistry();
    let loads = 0;
    registry.register({ ...upper, load: async () => (loads++, upper) });
    expect(() => registry.loaded("upper")).toThrow(CodecNotLoadedError);
    expect(await Promise.all([registry.load("upper"), registry.load("loud")])).toEqual([upper, upper]);
    expect(registry.find("text/x-upper")).toBe(upper);
    expect(loads).toBe(1);
  });

  it("tries again after a load that failed, and says what to install", async () => {
    const registry = createSerializerRegistry();
    const name: string = "q-package-that-does-not-exist";
    registry.register({ ...upper, load: () => loadDriver(name, "The upper serializer", () => import(name)) });
    await expect(registry.load("upper")).rejects.toThrow(MissingDriverError);
    await expect(registry.load("upper")).rejects.toThrow(`npm install ${name}`);
    registry.register({ ...upper, load: () => Promise.reject(new Error("wrong architecture")) });
    await expect(registry.load("upper")).rejects.toThrow(CodecNotLoadedError);
  });

  it("names the nearest of an unknown name", async () => {
    await expect(createSerializerRegistry().load("jsno")).rejects.toThrow(UnknownSerializerError);
    await expect(createSerializerRegistry().load("jsno")).rejects.toThrow('Did you mean "json"?');
    await expect(createCompressionRegistry().load("gzp")).rejects.toThrow(UnknownCompressionError);
    await expect(createCompressionRegistry().load("gzp")).rejects.toThrow('Did you mean "gzip"?');
  });

  it.each(["pickle", "application/x-python-serialize"])("refuses %s and says what to do", async (name) => {
    const registry = createSerializerRegistry();
    await expect(registry.load(name)).rejects.toThrow(ContentRefusedError);
    await expect(registry.load(name)).rejects.toThrow(/runs code.*task_serializer/);
    expect(registry.find(name)).toBeUndefined();
  });

  it("keeps registrations to itself", () => {
    const registry = createSerializerRegistry();
    registry.register(upper);
    expect(registry.find("loud")).toBe(upper);
    expect(createSerializerRegistry().describe("upper")).toBeUndefined();
    registry.unregister("upper");
    registry.unregister("upper");
    expect(registry.describe("loud")).toBeUndefined();
  });
});
