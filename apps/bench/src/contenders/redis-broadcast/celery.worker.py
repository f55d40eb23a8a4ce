from celery_bench import context, start_fleet

start_fleet(context["redisUrl"])
