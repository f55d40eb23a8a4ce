"""One worker of a fleet: says when it listens."""

import os
import sys

from celery.signals import worker_ready
from celery_bench import make_app

app = make_app(os.environ["Q_BENCH_BROKER"])
app.conf.worker_enable_remote_control = True
worker_ready.connect(lambda **_: print("listening", flush=True), weak=False)
app.Worker(
    hostname=sys.argv[1],
    pool="solo",
    without_mingle=True,
    loglevel="ERROR",
    logfile=os.devnull,
).start()
