import { context, propagation, trace } from "@opentelemetry/api";
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { createApp } from "@q/core";
import { instrumentTasks } from "@q/core/opentelemetry";
import { Worker } from "@q/worker";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  ChildProgram,
  jsonLine,
  pythonFolder,
  requires,
  startRedis,
  suiteResource,
} from "../harness/index.ts";
import { pythonEnvironment } from "../harness/celery-venv.ts";
import { registerInteropTasks } from "../interop-python/tasks.ts";

/** A span of either language. */
interface SeenSpan {
  readonly span: string;
  readonly trace: string;
  readonly id: string;
  readonly parent: string | null;
}

requires("redis", "python")("a trace by OpenTelemetry, through both languages", () => {
  const redis = suiteResource(() => startRedis());
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  let python = "";
  let endTracing: () => void;

  beforeAll(async () => {
    const script = new URL("../../scripts/opentelemetry-venv.mjs", import.meta.url);
    const { ensureOpenTelemetry } = (await import(script.href)) as {
      ensureOpenTelemetry: () => string | undefined;
    };
    python = ensureOpenTelemetry() ?? "";
    expect(python, "a Python environment with OpenTelemetry").not.toBe("");
    provider.register();
    endTracing = instrumentTasks();
  }, 600_000);
  afterAll(() => {
    endTracing();
    trace.disable();
    context.disable();
    propagation.disable();
  });

  /** A program of `python/traced.py`. */
  const traced = (args: readonly string[]): ChildProgram =>
    new ChildProgram({
      name: `traced ${args.join(" ")}`,
      command: python,
      args,
      env: pythonEnvironment({ broker: redis().url, backend: redis().url }),
      cwd: pythonFolder,
    });

  /** The span of that name that ended in this process. */
  async function ours(name: string): Promise<SeenSpan> {
    const find = () => exporter.getFinishedSpans().find((one) => one.name === name);
    await expect.poll(find).toBeDefined();
    const found = find();
    const { traceId = "", spanId = "" } = found?.spanContext() ?? {};
    return { span: name, trace: traceId, id: spanId, parent: found?.parentSpanContext?.spanId ?? null };
  }
  const theirs = (program: ChildProgram, name: string): Promise<SeenSpan> =>
    program.waitFor(
      jsonLine<SeenSpan>((line) => line.span === name),
      { timeoutMs: 30_000 },
    );

  it("goes on in a Python worker where a Q client began it", async () => {
    exporter.reset();
    await using worker = traced(["-m", "celery", "-A", "traced", "worker", "-P", "solo", "-l", "INFO"]);
    await worker.waitFor(/\bready\.$/, { timeoutMs: 30_000 });
    await using app = createApp("client", { broker: redis().url, backend: redis().url });
    const sum = await trace.getTracer("test").startActiveSpan("request", async (span) => {
      const result = await app.sendTask("interop.add", [2, 3]);
      span.end();
      return result.get({ timeout: 20 });
    });
    expect(sum).toBe(5);
    const [request, sent] = [await ours("request"), await ours("apply_async/interop.add")];
    const run = await theirs(worker, "run/interop.add");
    expect([sent.trace, sent.parent]).toEqual([request.trace, request.id]);
    expect([run.trace, run.parent]).toEqual([request.trace, sent.id]);
  });

  it("goes on in a Q worker where a Python client began it", async () => {
    exporter.reset();
    await using app = createApp("worker", { broker: redis().url, backend: redis().url });
    registerInteropTasks(app);
    await using worker = new Worker(app, { concurrency: 1, pool: "async", withoutMingle: true });
    await worker.start();
    await using client = traced(["traced.py", "4", "5"]);
    const answer = await client.waitFor(
      jsonLine<{ result: unknown }>((line) => "result" in line),
      { timeoutMs: 30_000 },
    );
    expect(answer.result).toBe(9);
    const [request, sent] = [
      await theirs(client, "request"),
      await theirs(client, "apply_async/interop.add"),
    ];
    const run = await ours("run/interop.add");
    expect([sent.trace, sent.parent]).toEqual([request.trace, request.id]);
    expect([run.trace, run.parent]).toEqual([request.trace, sent.id]);
  });
});
