"""The app of ``tasks.py``, traced by OpenTelemetry as any Celery program is; each span that ends is a line of JSON.

``celery -A traced worker`` is a worker of it; ``python traced.py x y`` calls ``interop.add`` and waits for the result.
"""

import json
import sys

from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from tasks import app


class LineExporter(SpanExporter):
    def export(self, spans):
        for span in spans:
            line = {
                "span": span.name,
                "trace": trace.format_trace_id(span.context.trace_id),
                "id": trace.format_span_id(span.context.span_id),
                "parent": span.parent and trace.format_span_id(span.parent.span_id),
            }
            # Not sys.stdout, which a worker makes its log.
            print(json.dumps(line), file=sys.__stdout__, flush=True)
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(LineExporter()))
trace.set_tracer_provider(provider)
CeleryInstrumentor().instrument()

if __name__ == "__main__":
    x, y = map(int, sys.argv[1:])
    with trace.get_tracer("client").start_as_current_span("request"):
        print(json.dumps({"result": app.tasks["interop.add"].delay(x, y).get(timeout=20)}))
