import { describe, expect, it } from "vitest";
import { Conf } from "./conf.ts";

function conf(env: Record<string, string> = {}): Conf {
  return new Conf({ env });
}

describe("the layers of a configuration", () => {
  it("are, from the top: command line, environment, changes, source, added defaults, built-in defaults", () => {
    const layered = conf({ CELERY_BROKER_URL: "redis://env" });
    expect(layered.settings.taskDefaultQueue).toBe("celery");
    layered.addDefaults({ taskDefaultQueue: "added", brokerUrl: "redis://added" });
    expect(layered.settings.taskDefaultQueue).toBe("added");
    layered.configFromObject({ task_default_queue: "source", broker_url: "redis://source" });
    expect(layered.settings.taskDefaultQueue).toBe("source");
    layered.update({ taskDefaultQueue: "changed", brokerUrl: "redis://changed" });
    expect(layered.settings.taskDefaultQueue).toBe("changed");
    expect(layered.settings.brokerUrl).toBe("redis://env");
    layered.override({ brokerUrl: "redis://option" });
    expect(layered.settings.brokerUrl).toBe("redis://option");
  });

  it("let the first of two added defaults win", () => {
    const layered = conf();
    layered.addDefaults({ taskSerializer: "yaml" });
    layered.addDefaults({ taskSerializer: "msgpack", resultSerializer: "msgpack" });
    expect([layered.settings.taskSerializer, layered.settings.resultSerializer]).toEqual(["yaml", "msgpack"]);
  });

  it("ask a function for defaults once, when a setting is first read", () => {
    let calls = 0;
    const layered = conf();
    layered.addDefaults(() => ({ workerConcurrency: ++calls }));
    expect(calls).toBe(0);
    expect(layered.settings.workerConcurrency).toBe(1);
    layered.update({ taskSerializer: "yaml" });
    expect(layered.settings.workerConcurrency).toBe(1);
  });

  it.each([
    ["CELERY_BROKER_URL", "brokerUrl"],
    ["CELERY_BROKER_READ_URL", "brokerReadUrl"],
    ["CELERY_BROKER_WRITE_URL", "brokerWriteUrl"],
    ["CELERY_RESULT_BACKEND", "resultBackend"],
  ] as const)("take %s from the environment, unless it is empty", (variable, key) => {
    expect(conf({ [variable]: "redis://env" }).settings[key]).toBe("redis://env");
    expect(conf({ [variable]: "" }).settings[key]).toBeNull();
  });
});

describe("a configuration source", () => {
  it("replaces the former one and drops changes, but not what the app was made with", () => {
    const app = new Conf({ preset: { taskDefaultQueue: "preset" }, env: {} });
    app.configFromObject({ taskSerializer: "yaml" });
    app.update({ taskDefaultQueue: "changed", workerConcurrency: 2 });
    app.configFromObject({ resultSerializer: "yaml" });
    expect(app.withoutDefaults()).toEqual({ taskDefaultQueue: "preset", resultSerializer: "yaml" });
  });

  it("is read when a setting is first needed, or at once with force", () => {
    const lazy = conf();
    lazy.configFromObject({ task_serialiser: "yaml" });
    expect(() => lazy.settings).toThrow('Did you mean "task_serializer"?');
    expect(() => conf().configFromObject({ task_serialiser: "yaml" }, { force: true })).toThrow(
      /configuration object/,
    );
  });

  it("may have a namespace", () => {
    const app = conf();
    app.configFromObject({ CELERY_TASK_SERIALIZER: "yaml", DEBUG: true }, { namespace: "CELERY" });
    expect(app.table()).toEqual({ task_serializer: "yaml" });
  });
});

describe("changing settings", () => {
  it("makes new frozen settings and counts", () => {
    const app = conf();
    const before = app.settings;
    expect(app.settings).toBe(before);
    app.update({ taskSerializer: "yaml" });
    expect(app.version).toBe(1);
    expect([before.taskSerializer, app.settings.taskSerializer]).toEqual(["json", "yaml"]);
    expect(Object.isFrozen(app.settings)).toBe(true);
  });

  it("changes nothing when one of several is wrong", () => {
    const app = conf();
    expect(() => app.update({ taskSerializer: "yaml", workerConcurrency: -1 })).toThrow(/worker_concurrency/);
    expect([app.version, app.settings.taskSerializer]).toEqual([0, "json"]);
  });

  it("works by either spelling, and so does reading", () => {
    const app = conf();
    app.set("task_serializer", "yaml");
    app.update({ worker_concurrency: 3 });
    expect([
      app.get("taskSerializer"),
      app.get("task_serializer"),
      app.get("CELERY_TASK_SERIALIZER"),
    ]).toEqual(Array.from({ length: 3 }, () => "yaml"));
    expect((app.settings as unknown as { worker_concurrency: number }).worker_concurrency).toBe(3);
    expect(() => app.set("taskSerialiser", "x")).toThrow('Did you mean "taskSerializer"?');
    expect(() => app.get("nonsense_setting")).toThrow('there is no setting "nonsense_setting"');
  });

  it("takes durations and keeps seconds", () => {
    const app = conf();
    app.update({ resultExpires: { hours: 1 }, taskTimeLimit: "PT5M", brokerConnectionTimeout: 2.5 });
    const { resultExpires, taskTimeLimit, brokerConnectionTimeout } = app.settings;
    expect([resultExpires, taskTimeLimit, brokerConnectionTimeout]).toEqual([3600, 300, 2.5]);
  });

  it("takes a function that knows the credentials of the result backend, and nothing else for it", () => {
    const provider = () => ({ password: "secret" });
    const app = conf();
    app.update({ redisBackendCredentialProvider: provider });
    expect(app.settings.redisBackendCredentialProvider).toBe(provider);
    expect(() => app.set("redis_backend_credential_provider", "module.Class")).toThrow(
      "redis_backend_credential_provider",
    );
  });

  it("takes the delivery mode by its name", () => {
    const app = conf();
    app.update({ taskDefaultDeliveryMode: "transient" });
    expect(app.settings.taskDefaultDeliveryMode).toBe(1);
  });

  it("from command line texts wins over everything", () => {
    const app = conf({ CELERY_BROKER_URL: "redis://env" });
    app.configFromCmdline(["broker_url=redis://option", ".concurrency=4", "beat.sync_every=1"]);
    const { brokerUrl, workerConcurrency, beatSyncEvery } = app.settings;
    expect([brokerUrl, workerConcurrency, beatSyncEvery]).toEqual(["redis://option", 4, 1]);
  });
});

describe("asking about settings", () => {
  it("tells those that were set from defaults", () => {
    const app = conf();
    app.update({ taskSerializer: "json" });
    expect([app.valueSetFor("task_serializer"), app.valueSetFor("resultSerializer")]).toEqual([true, false]);
    expect(app.withoutDefaults()).toEqual({ taskSerializer: "json" });
  });

  it("gives the first value that is not null", () => {
    const app = conf();
    expect(app.first("task_default_exchange", "task_default_queue")).toBe("celery");
    expect(app.first("task_default_exchange", "task_default_priority")).toBeNull();
    app.update({ taskDefaultPriority: 0 });
    expect(app.first("task_default_exchange", "task_default_priority")).toBe(0);
  });

  it("puts names together from parts", () => {
    expect(conf().getByParts("worker", "disable_rate_limits")).toBe(false);
    expect(conf().getByParts("", "timezone")).toBe("UTC");
  });

  it.each([
    ["disable_rate_limits", undefined, "worker_disable_rate_limits"],
    ["task_serializer", undefined, "task_serializer"],
    ["serializer", undefined, "task_serializer"],
    ["serializer", "event", "event_serializer"],
    ["timezone", undefined, "timezone"],
    ["resultExpires", undefined, "result_expires"],
  ])("finds %s in namespace %s as %s", (name, namespace, expected) => {
    expect(conf().find(name, namespace).name).toBe(expected);
  });

  it("suggests a name when there is none", () => {
    expect(() => conf().find("worker_concurency")).toThrow('Did you mean "worker_concurrency"?');
  });

  it("says why settings that were changed have no effect", () => {
    const app = conf();
    app.update({
      worker_lost_wait: 3,
      brokerHeartbeatCheckrate: 2,
      taskSerializer: "json",
      brokerPoolLimit: 10,
    });
    expect([...app.withoutEffect()]).toEqual([
      ["worker_lost_wait", expect.stringContaining("has been read")],
      ["broker_heartbeat_checkrate", expect.stringContaining("`broker_heartbeat`")],
    ]);
  });
});

describe("showing settings", () => {
  const app = conf();
  app.update({ brokerUrl: "redis://:s3cret@h", s3SecretAccessKey: "s3cret", taskRoutes: { add: "quick" } });

  it("lists those that were set, by their snake_case name, with secrets masked", () => {
    expect(app.table()).toEqual({
      broker_url: "redis://:**@h",
      s3_secret_access_key: "********",
      task_routes: { add: "quick" },
    });
  });

  it("lists all of them on demand", () => {
    const all = app.table({ withDefaults: true });
    expect(Object.keys(all)).toHaveLength(230);
    expect(all["task_serializer"]).toBe("json");
  });

  it("shows secrets on demand", () => {
    expect(app.table({ censored: false })["s3_secret_access_key"]).toBe("s3cret");
  });

  it("writes lines of text", () => {
    expect(app.humanize()).toBe(
      [
        "broker_url: 'redis://:**@h'",
        "s3_secret_access_key: '********'",
        "task_routes: { add: 'quick' }",
      ].join("\n"),
    );
    expect(app.humanize({ withDefaults: true })).toContain("\nworker_prefetch_multiplier: 'auto'\n");
  });
});
