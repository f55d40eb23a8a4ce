from celery_bench import context, enqueue, make_app

enqueue(make_app(context["redisUrl"]))
