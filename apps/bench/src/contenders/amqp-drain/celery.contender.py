from celery_bench import context, drain, make_app

drain(make_app(context["amqpUrl"]))
