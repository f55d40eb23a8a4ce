import os
import time
from datetime import datetime, timedelta, timezone

from celery.beat import PersistentScheduler
from celery.schedules import schedule
from celery_bench import context, make_app, ready_and_go, settings

# As in periods.ts, of which it knows one pattern.
ENTRIES = settings["entries"]
PERIOD = timedelta(seconds=10)


class MeasuredScheduler(PersistentScheduler):
    late_ms = []
    seen = 0

    def apply_async(self, entry, producer=None, advance=True, **kwargs):
        # In Celery's favour: an entry is due ten seconds after it was really sent, however late that was.
        due = entry.last_run_at + PERIOD
        result = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        self.seen += 1
        if self.seen > ENTRIES:
            self.late_ms.append((datetime.now(timezone.utc) - due).total_seconds() * 1000)
        if len(self.late_ms) == context["count"]:
            late_ms = sorted(self.late_ms)
            at = lambda share: late_ms[min(len(late_ms) - 1, int(len(late_ms) * share))]
            meter.finish(self.seen, p50Ms=at(0.5), p99Ms=at(0.99), maxMs=at(1))
        return result


app = make_app(context["redisUrl"])
app.send_task("bench.noop", (2, 3))
meter = ready_and_go()
scheduler = MeasuredScheduler(
    app=app, schedule_filename=os.path.join(os.path.dirname(context["sqlitePath"]), "celerybeat-schedule")
)
start = datetime.now(timezone.utc) + timedelta(seconds=2)
for index in range(ENTRIES):
    scheduler.add(
        name=f"entry-{index}",
        task="bench.noop",
        schedule=schedule(10, app=app),
        args=(2, 3),
        last_run_at=start + PERIOD * (index / ENTRIES) - PERIOD,
    )
# What the service does of `celery beat`.
while True:
    interval = scheduler.tick()
    if interval > 0:
        time.sleep(interval)
        if scheduler.should_sync():
            scheduler._do_sync()
