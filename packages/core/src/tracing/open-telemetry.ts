import {
  type Attributes,
  type Context,
  context as active,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from "@opentelemetry/api";
import { asError } from "@q/kernel";
import { publishChannel, type PublishTrace, runChannel, type RunTrace } from "./task-channels.ts";

/** Options of {@link instrumentTasks}. */
export interface InstrumentTasksOptions {
  /** Default the global one. */
  readonly tracerProvider?: TracerProvider;
}

/** Milliseconds since 1970 when the message was published; read by our workers only. */
const PUBLISHED_HEADER = "x-q-published";

/**
 * Traces tasks with OpenTelemetry, in every app of this process: a span `apply_async/<task>` for each message, a span
 * `wait/<task>` from then on until a worker begins, and `run/<task>` around the task and what follows from its end. The
 * context travels in the message headers `traceparent`, `tracestate` and `baggage`, as with Python's
 * `opentelemetry-instrumentation-celery`, so that traces cross the languages. Returns the function that ends it.
 *
 * Call it where the SDK is set up; for workers that is a module which the app imports, since pool processes load it too.
 */
export function instrumentTasks(options: InstrumentTasksOptions = {}): () => void {
  const tracer = (options.tracerProvider ?? trace.getTracerProvider()).getTracer("@q/core");
  const spans = new WeakMap<object, Span>();

  const publishing = (data: PublishTrace): Context => {
    const span = tracer.startSpan(`apply_async/${data.name}`, {
      kind: SpanKind.PRODUCER,
      attributes: {
        "celery.action": "apply_async",
        "celery.task_name": data.name,
        "messaging.message.id": data.id,
        "messaging.destination.name": data.routingKey,
      },
    });
    spans.set(data, span);
    const context = trace.setSpan(active.active(), span);
    propagation.inject(context, data.headers);
    data.headers[PUBLISHED_HEADER] = String(Date.now());
    return context;
  };
  const running = (data: RunTrace): Context => {
    const { request, name } = data.context;
    const sender = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = runAttributes(data);
    const published = Number(request.headers[PUBLISHED_HEADER]);
    if (published > 0)
      tracer.startSpan(`wait/${name}`, { startTime: published, attributes }, sender).end(Date.now());
    const span = tracer.startSpan(`run/${name}`, { kind: SpanKind.CONSUMER, attributes }, sender);
    spans.set(data, span);
    return trace.setSpan(sender, span);
  };
  const subscriptions = [
    follow(publishChannel, { begin: publishing, end: (data) => finish(spans.get(data), data.error) }),
    follow(runChannel, {
      begin: running,
      end: (data) => {
        const { status, error, reason } = data.result ?? {};
        const span = spans.get(data);
        if (status !== undefined) span?.setAttribute("celery.state", status);
        if (status === "RETRY") span?.setAttribute("celery.retry.reason", String(reason));
        finish(span, data.error ?? (status === "FAILURE" ? error : undefined));
      },
    }),
  ];
  return () => subscriptions.forEach((end) => end());
}

/** Has `begin` make the context in which the traced work runs, and `end` told when it is over. */
function follow<TData extends object>(
  channel: typeof publishChannel | typeof runChannel,
  parts: { readonly begin: (data: TData) => Context; readonly end: (data: TData) => void },
): () => void {
  // All that a channel wants of a store is `run`; this one enters contexts of OpenTelemetry.
  const store = { run: (context: Context, work: () => unknown) => active.with(context, work) };
  const nothing = (): void => {};
  const subscribers = {
    start: nothing,
    end: nothing,
    asyncStart: nothing,
    asyncEnd: (data: object) => parts.end(data as TData),
    error: nothing,
  };
  channel.start.bindStore(store as never, parts.begin as never);
  channel.subscribe(subscribers as never);
  return () => {
    channel.start.unbindStore(store as never);
    channel.unsubscribe(subscribers as never);
  };
}

function finish(span: Span | undefined, error: unknown): void {
  if (error !== undefined) {
    const exception = asError(error);
    span?.recordException(exception);
    span?.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
  }
  span?.end();
}

function runAttributes({ context }: RunTrace): Attributes {
  const { request, name } = context;
  return {
    "celery.action": "run",
    "celery.task_name": name,
    "celery.hostname": request.hostname,
    "celery.retries": request.retries,
    "messaging.message.id": request.id,
    "messaging.conversation_id": request.correlationId,
    "messaging.destination.name": request.deliveryInfo.routingKey,
    ...(request.replyTo !== undefined && { "celery.reply_to": request.replyTo }),
  };
}
