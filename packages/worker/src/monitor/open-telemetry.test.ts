import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type App, createApp } from "@q/core";
import { instrumentTasks } from "@q/core/opentelemetry";
import { Worker } from "../worker.ts";

const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const seenHeaders: Record<string, unknown>[] = [];

beforeAll(() => provider.register());
beforeEach(() => exporter.reset());
afterAll(() => {
  trace.disable();
  context.disable();
  propagation.disable();
});

/** A worker in memory; every span is finished once `ended` says so. */
async function bench(): Promise<{ app: App; ended: (name: string) => Promise<ReadableSpan> }> {
  const name = crypto.randomUUID();
  const app = createApp("test", { broker: `memory://${name}`, backend: `cache+memory://${name}` });
  app.events.on("task:received", ({ request }) => seenHeaders.push(request.headers));
  const worker = new Worker(app, { hostname: "w@here", concurrency: 2 });
  onTestFinished(async () => {
    await worker.stop("cold");
    await app.close();
  });
  await worker.start();
  const find = (span: string): ReadableSpan | undefined =>
    exporter.getFinishedSpans().find((one) => one.name === span);
  return {
    app,
    ended: async (span) => {
      await expect.poll(() => find(span)).toBeDefined();
      return find(span) as ReadableSpan;
    },
  };
}

describe("tasks traced by OpenTelemetry", () => {
  it("are one trace from the call through the wait to the run, and on to what the task sends", async () => {
    onTestFinished(instrumentTasks());
    const { app, ended } = await bench();
    const inner = app.task("t.inner", () => trace.getActiveSpan()?.spanContext().spanId);
    const outer = app.task("t.outer", async () => {
      await Promise.resolve();
      await inner.delay();
    });
    const tracer = trace.getTracer("test");
    const result = await tracer.startActiveSpan("request", async (span) => {
      const sent = await outer.delay();
      span.end();
      return sent;
    });
    const [request, publish, wait, run, further, innerRun] = [
      await ended("request"),
      await ended("apply_async/t.outer"),
      await ended("wait/t.outer"),
      await ended("run/t.outer"),
      await ended("apply_async/t.inner"),
      await ended("run/t.inner"),
    ];
    const { traceId } = request.spanContext();
    const spans = [request, publish, wait, run, further, innerRun];
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([traceId]));
    const parents = [publish, wait, run, further, innerRun].map((span) => span.parentSpanContext?.spanId);
    const ids = [request, publish, publish, run, further].map((span) => span.spanContext().spanId);
    expect(parents).toEqual(ids);
    expect([publish.kind, run.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
    expect(run.attributes).toMatchObject({
      "celery.action": "run",
      "celery.state": "SUCCESS",
      "celery.task_name": "t.outer",
      "celery.hostname": "w@here",
      "messaging.message.id": result.id,
    });
    expect(publish.attributes).toMatchObject({
      "celery.action": "apply_async",
      "messaging.message.id": result.id,
    });
    expect(seenHeaders.at(-1)).toMatchObject({
      traceparent: `00-${traceId}-${further.spanContext().spanId}-01`,
    });
  });

  it("keep what follows a task in its trace", async () => {
    onTestFinished(instrumentTasks());
    const { app, ended } = await bench();
    const add = app.task("t.add", (x: number, y: number) => x + y);
    const next = app.task("t.next", (sum: number) => sum);
    await add.applyAsync([1, 2], { link: next.s() as never });
    const [run, follow] = [await ended("run/t.add"), await ended("apply_async/t.next")];
    expect(follow.parentSpanContext?.spanId).toBe(run.spanContext().spanId);
  });

  it("carry the error of a failed task, and the reason of a retried one", async () => {
    onTestFinished(instrumentTasks());
    const { app, ended } = await bench();
    const fail = app.task("t.fail", () => {
      throw new RangeError("too far");
    });
    const again = app.task({ name: "t.again", bind: true, maxRetries: null }, (self) => {
      throw self.retry({ exc: new Error("not yet"), countdown: 3600 });
    });
    await fail.delay();
    await again.delay();
    const failed = await ended("run/t.fail");
    expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: "too far" });
    expect(failed.events.map((event) => event.attributes?.["exception.type"])).toEqual(["RangeError"]);
    const retried = await ended("run/t.again");
    expect([
      retried.status.code,
      retried.attributes["celery.state"],
      retried.attributes["celery.retry.reason"],
    ]).toEqual([SpanStatusCode.UNSET, "RETRY", "Error: not yet"]);
  });

  it("leave nothing behind when tracing ends", async () => {
    instrumentTasks()();
    const { app } = await bench();
    const plain = app.task("t.plain", () => trace.getActiveSpan() === undefined);
    expect(await (await plain.delay()).get({ timeout: 20 })).toBe(true);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(seenHeaders.at(-1)).not.toHaveProperty("traceparent");
  });
});
