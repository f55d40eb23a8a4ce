import { createApp } from "@q/core";
import { Worker } from "@q/worker";
import { expect, it } from "vitest";
import { requires, startRedis, suiteResource, waitUntil } from "../harness/index.ts";

/** A line of a metric. */
interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** Reads Prometheus' text format, and throws where a line breaks its rules. */
function parseMetrics(text: string): { samples: Sample[]; types: Map<string, string> } {
  const [types, helps, samples] = [new Map<string, string>(), new Set<string>(), [] as Sample[]];
  for (const line of text.split("\n").filter(Boolean)) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") helps.add(name);
    else if (kind === "TYPE") {
      if (types.has(name) || !helps.has(name)) throw new Error(`a second TYPE, or one without HELP: ${line}`);
      types.set(name, rest);
    } else samples.push(parseSample(line));
  }
  return { samples, types };
}

function parseSample(line: string): Sample {
  const [, name = "", labels = "", value = ""] =
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\["\\n])*",?)*)\})? (\S+)$/.exec(line) ?? [];
  if (name === "" || Number.isNaN(Number(value))) throw new Error(`no sample: ${line}`);
  const pairs = labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\["\\n])*)"/g);
  return {
    name,
    labels: new Map([...pairs].map(([, key = "", text = ""]) => [key, text.replaceAll(/\\(.)/g, unescaped)])),
    value: Number(value),
  };
}

const unescaped = (_all: string, letter: string): string => (letter === "n" ? "\n" : letter);

requires("redis")("the HTTP port of a worker", () => {
  const redis = suiteResource(() => startRedis());

  it("is live but not ready while the broker is away, and ready again when it is back", async () => {
    await using app = createApp("health", { broker: redis().url });
    const worker = new Worker(app, { pool: "async", http: { port: 0 } });
    await worker.start();
    const status = async (path: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${worker.monitor?.port}${path}`)).status;
    const becomes = (wanted: number): Promise<number> =>
      waitUntil(() => status("/ready"), { accept: (seen) => seen === wanted, timeoutMs: 30_000 });
    try {
      await becomes(200);
      await redis().kill();
      await becomes(503);
      expect([await status("/live"), await status("/metrics")]).toEqual([200, 200]);
      await redis().start();
      await becomes(200);
      expect(await status("/live")).toBe(200);
    } finally {
      await worker.stop("cold");
    }
  });

  it("serves metrics in Prometheus' text format, whatever the names are", async () => {
    const task = 't."quoted\\ and\nbroken"';
    await using app = createApp("metrics", { broker: redis().url, taskDefaultQueue: 'q"\\' });
    const worker = new Worker(app, { pool: "async", http: { port: 0 }, taskEvents: true });
    const named = app.task(task, () => null);
    await worker.start();
    try {
      for (let n = 0; n < 3; n++) await named.delay();
      const read = async (): Promise<ReturnType<typeof parseMetrics>> => {
        const response = await fetch(`http://127.0.0.1:${worker.monitor?.port}/metrics`);
        expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
        return parseMetrics(await response.text());
      };
      const valueOf = (
        { samples }: { samples: Sample[] },
        name: string,
        labels: object = {},
      ): number | undefined =>
        samples.find(
          (one) =>
            one.name === name &&
            Object.entries(labels).every(([key, value]) => one.labels.get(key) === value),
        )?.value;
      const { samples, types } = await waitUntil(read, {
        accept: (seen) =>
          valueOf(seen, "q_tasks_total", { task, event: "succeeded" }) === 3 &&
          (valueOf(seen, "q_events_sent_total") ?? 0) > 9,
      });
      expect(valueOf({ samples }, "q_queue_messages", { queue: 'q"\\' })).toBe(0);
      const own = [...types].filter(([name]) => name.startsWith("q_"));
      expect(own.length).toBeGreaterThan(10);
      for (const [name, type] of own) expect(name.endsWith("_total"), name).toBe(type === "counter");
      const buckets = samples.filter(({ name }) => name === "q_task_run_seconds_bucket");
      expect(buckets.map(({ value }) => value)).toEqual(
        buckets.map(({ value }) => value).toSorted((a, b) => a - b),
      );
      expect(buckets.at(-1)?.labels.get("le")).toBe("+Inf");
      expect(buckets.at(-1)?.value).toBe(valueOf({ samples }, "q_task_run_seconds_count", { task }));
    } finally {
      await worker.stop("cold");
    }
  });
});
