import os

os.environ["Q_BENCH_CELERY_POOL"] = "prefork"
os.environ["Q_BENCH_CELERY_CONCURRENCY"] = "4"

from celery_bench import context, drain, make_app  # noqa: E402

drain(make_app(context["redisUrl"]))
