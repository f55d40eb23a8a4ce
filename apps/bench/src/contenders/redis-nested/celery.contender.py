from celery_bench import context, make_app, workflows

workflows(make_app(context["redisUrl"], context["redisUrl"]), "nested")
