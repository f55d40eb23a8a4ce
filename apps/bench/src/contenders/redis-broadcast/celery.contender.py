from celery_bench import broadcasts, context, make_app

broadcasts(make_app(context["redisUrl"]))
