"""A Python Celery client driven over stdin and stdout, one JSON object per line.

Request: ``{"id": n, "op": name, ...}``. Reply: ``{"id": n, "value": ...}`` or ``{"id": n, "error": {...}}``.
Lines use kombu's JSON, so dates, decimals, UUIDs and bytes travel in kombu's tagged form in both directions.
Requests run one after the other on one thread: the rpc backend gives each thread its own reply queue.
"""

import base64
import sys
import textwrap
import traceback

import celery
import kombu
from celery.result import AsyncResult
from kombu.utils import json

import tasks

app = tasks.app
sent = {}


def describe_error(error):
    cls = type(error)
    return {"type": cls.__qualname__, "module": cls.__module__, "args": list(error.args), "message": str(error)}


def _options(options):
    """Signatures arrive as JSON objects; Celery wants Signature objects in link and link_error."""
    for name in ("link", "link_error"):
        given = options.get(name)
        if isinstance(given, dict):
            options[name] = app.signature(given)
        elif isinstance(given, list):
            options[name] = [app.signature(one) for one in given]
    return options


def _remember(result):
    sent[result.id] = result
    return {"id": result.id, "tuple": result.as_tuple()}


def op_apply(task, args=None, kwargs=None, options=None):
    return _remember(app.send_task(task, args or [], kwargs or {}, **_options(options or {})))


def op_canvas(signature, args=None, options=None):
    return _remember(app.signature(signature).apply_async(args or (), **_options(options or {})))


def op_result(id, timeout=10):
    """Waits for the end of a task sent from here or elsewhere; never raises the task's own error."""
    result = sent.get(id) or AsyncResult(id, app=app)
    value = result.get(timeout=timeout, propagate=False, disable_sync_subtasks=False)
    state = getattr(result, "state", "SUCCESS" if result.successful() else "FAILURE")
    reply = {"state": state, "traceback": getattr(result, "traceback", None)}
    if isinstance(value, BaseException):
        return {**reply, "error": describe_error(value)}
    return {**reply, "value": value}


def op_state(id):
    result = sent.get(id) or AsyncResult(id, app=app)
    info = result.info
    return {"state": result.state, "info": describe_error(info) if isinstance(info, BaseException) else info}


def op_publish(body, routing_key, exchange="", properties=None):
    """Publishes raw bytes (base64 in ``body``) past Celery; ``properties`` are those of kombu's publish."""
    with app.connection_for_write() as connection:
        producer = kombu.Producer(connection)
        producer.publish(base64.b64decode(body), routing_key=routing_key, exchange=exchange, **(properties or {}))


def op_run(code, args=None):
    """Runs the body of a function that sees ``app``, ``tasks``, ``celery``, ``kombu`` and ``args``."""
    scope = {"app": app, "tasks": tasks, "celery": celery, "kombu": kombu, "args": args}
    exec("def body():\n" + textwrap.indent(textwrap.dedent(code), "    "), scope)
    return scope["body"]()


def op_versions():
    return {"python": sys.version.split()[0], "celery": celery.__version__, "kombu": kombu.__version__}


def answer(line):
    message = json.loads(line)
    number = message.pop("id")
    try:
        arguments = message.get("arguments") or {}
        return {"id": number, "value": globals()["op_" + message["op"]](**arguments)}
    except Exception as error:
        return {"id": number, "error": {**describe_error(error), "traceback": traceback.format_exc()}}


def main():
    # print() of a library must not end up between the replies.
    replies, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        reply = answer(line)
        try:
            text = json.dumps(reply)
        except Exception as error:
            text = json.dumps({"id": reply["id"], "error": {**describe_error(error), "args": [], "traceback": repr(reply)}})
        replies.write(text + "\n")
        replies.flush()


if __name__ == "__main__":
    main()
