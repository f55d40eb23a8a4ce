from celery_bench import context, make_app, roundtrips

roundtrips(make_app(context["redisUrl"], context["redisUrl"]))
