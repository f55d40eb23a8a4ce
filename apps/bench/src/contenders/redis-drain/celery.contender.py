from celery_bench import context, drain, make_app, settings

backend = context["redisUrl"] if settings.get("storeResults") else None
drain(make_app(context["redisUrl"], backend))
