import sys
import time

start = time.perf_counter()
import celery  # noqa: E402

celery.Celery("bench")
import_ms = (time.perf_counter() - start) * 1000
drivers = sum(name in sys.modules for name in ("redis", "amqp"))

from celery_bench import ready_and_go, rss_mb  # noqa: E402

ready_and_go().finish(1, importMs=import_ms, drivers=drivers, rssMb=rss_mb())
