import threading
import time
from datetime import datetime, timezone

from celery.beat import Scheduler
from celery.schedules import schedule
from celery_bench import context, make_app, ready_and_go, rss_mb


def idle():
    # The first look at all entries, which takes seconds, is part of the start.
    while not looked.is_set():
        time.sleep(0.1)
    meter = ready_and_go()
    time.sleep(3)
    meter.finish(1, rssMb=rss_mb())


looked = threading.Event()
app = make_app(context["redisUrl"])
scheduler = Scheduler(app=app, lazy=True)
for index in range(context["count"]):
    scheduler.add(
        name=f"entry-{index}",
        task="bench.noop",
        schedule=schedule(63_072_000, app=app),
        last_run_at=datetime.now(timezone.utc),
    )
threading.Thread(target=idle).start()
while True:
    interval = scheduler.tick()
    looked.set()
    time.sleep(interval)
