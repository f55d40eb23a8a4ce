from celery_bench import context, make_app, serve

serve(make_app(context["redisUrl"], context["redisUrl"]))
