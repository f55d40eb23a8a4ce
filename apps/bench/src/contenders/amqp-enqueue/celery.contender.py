from celery_bench import context, enqueue, make_app

app = make_app(context["amqpUrl"])
app.conf.broker_transport_options = {"confirm_publish": True}
enqueue(app)
