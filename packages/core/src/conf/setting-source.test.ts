import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { ImproperlyConfiguredError } from "@q/kernel";
import { readSource } from "./setting-source.ts";

function read(source: unknown, namespace?: string): Record<string, unknown> {
  return Object.fromEntries(readSource(source, { label: "test", namespace }));
}

describe("names", () => {
  it("are taken in either spelling and kept in snake_case", () => {
    expect(read({ taskSerializer: "yaml", worker_concurrency: "4" })).toEqual({
      task_serializer: "yaml",
      worker_concurrency: 4,
    });
  });

  it("may be there without a value", () => {
    expect(read({ taskSerializer: undefined })).toEqual({});
  });

  it("of no setting are refused, with the nearest one in the same spelling", () => {
    expect(() => read({ taskSerialiser: "yaml" })).toThrow(
      'test: there is no setting "taskSerialiser". Did you mean "taskSerializer"?',
    );
    expect(() => read({ task_serialiser: "yaml" })).toThrow('Did you mean "task_serializer"?');
    expect(() => read({ frobnicate_everything: 1 })).toThrow(ImproperlyConfiguredError);
  });

  it.each(["__proto__", "constructor", "toString"])("such as %s are inert", (name) => {
    const source = JSON.parse(`{"${name}": {"polluted": true}}`) as unknown;
    expect(() => read(source)).toThrow(`there is no setting "${name}"`);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("are refused when both spellings are there", () => {
    expect(() => read({ taskSerializer: "a", task_serializer: "b" })).toThrow(
      '"taskSerializer" and "task_serializer" are the same setting',
    );
  });
});

describe("old names", () => {
  it("are taken alone", () => {
    expect(read({ BROKER_URL: "redis://h", CELERY_TASK_RESULT_EXPIRES: 60, CELERYD_CONCURRENCY: 4 })).toEqual(
      {
        broker_url: "redis://h",
        result_expires: 60,
        worker_concurrency: 4,
      },
    );
  });

  it("beside new ones are refused, naming the replacements", () => {
    expect(() => read({ task_serializer: "json", BROKER_URL: "redis://h", CELERYD_CONCURRENCY: 4 })).toThrow(
      "test mixes old and new names of settings. Rename: BROKER_URL -> broker_url, CELERYD_CONCURRENCY -> worker_concurrency.",
    );
  });

  it("beside new ones are fine when the new ones say it all; those win", () => {
    expect(read({ result_expires: 60, CELERY_TASK_RESULT_EXPIRES: 90 })).toEqual({ result_expires: 60 });
  });

  it("warn once, with the replacement and the version in which they go away", async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error): void => void warnings.push(warning);
    process.on("warning", keep);
    read({ CELERY_TRACK_STARTED: true });
    read({ CELERY_TRACK_STARTED: true });
    await nextTurn();
    process.off("warning", keep);
    const told = warnings.filter(({ message }) => message.includes("CELERY_TRACK_STARTED"));
    expect(told.map(({ name, message }) => [name, message])).toEqual([
      [
        "DeprecationWarning",
        "The setting CELERY_TRACK_STARTED is deprecated and goes away in version 2.0. Use task_track_started instead.",
      ],
    ]);
  });
});

describe("a namespace", () => {
  const django = {
    CELERY_BROKER_URL: "redis://h",
    CELERY_TASK_ALWAYS_EAGER: "yes",
    CELERY_taskSerializer: "yaml",
    DEBUG: true,
  };

  it.each(["CELERY", "CELERY_"])("%s selects names by their prefix", (namespace) => {
    expect(read(django, namespace)).toEqual({
      broker_url: "redis://h",
      task_always_eager: true,
      task_serializer: "yaml",
    });
  });

  it("does not excuse unknown names", () => {
    expect(() => read({ CELERY_BROKER_URI: "x" }, "CELERY")).toThrow('Did you mean "broker_url"?');
  });
});

describe("values", () => {
  it("of the wrong type are refused with the setting, what was expected and what was found", () => {
    expect(() => read({ worker_concurrency: "four" })).toThrow(
      `test: setting "worker_concurrency" cannot be 'four'. Expected: whole number, 0 or more, or null.`,
    );
  });

  it("that are secret do not appear in errors", () => {
    expect(() => read({ broker_password: { a: "s3cret" } })).toThrow(/cannot be '\*{8}'/);
    expect(() => read({ broker_url: { url: "redis://:s3cret@h" } })).toThrow(/redis:\/\/:\*\*@h/);
  });
});

describe("a source", () => {
  it("may be a class with static members, its own before inherited ones", () => {
    class Base {
      static taskSerializer = "yaml";
      static workerConcurrency = 2;
    }
    class Production extends Base {
      static override workerConcurrency = 8;
      static helper(): void {}
    }
    expect(read(Production)).toEqual({ task_serializer: "yaml", worker_concurrency: 8 });
  });

  it("may be a module, whose helpers are not settings", async () => {
    const source =
      'export const task_serializer = "yaml"; export const _base = 1; export function helper() {}';
    const module: unknown = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    expect(read(module)).toEqual({ task_serializer: "yaml" });
  });

  it("may be the default export of a module", async () => {
    const source = 'export default { taskSerializer: "yaml" }; export const helper = 1;';
    const module: unknown = await import(`data:text/javascript,${encodeURIComponent(source)}`);
    expect(read(module)).toEqual({ task_serializer: "yaml" });
  });

  it.each([[["task_serializer"]], ["celeryconfig"], [null], [7]])("cannot be %j", (source) => {
    expect(() => read(source)).toThrow("settings must be an object, a module or a class");
  });
});
