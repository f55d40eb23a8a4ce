import threading
import time

from celery_bench import context, make_app, ready_and_go, rss_mb, start_worker


def idle():
    meter = ready_and_go()
    time.sleep(3)
    meter.finish(1, rssMb=rss_mb())


# In a thread, so that the worker's own loop idles.
start_worker(make_app(context["redisUrl"]), lambda: threading.Thread(target=idle).start())
