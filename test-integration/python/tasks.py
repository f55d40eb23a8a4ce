"""The Python side of the interoperation tests: one Celery app, ``interop``, made from the environment.

``INTEROP_SETTINGS`` holds the app's settings as JSON (Celery's own lower-case names, times and other typed
values in kombu's tagged form). ``task_queues`` may be a list of objects, which become ``kombu.Queue``.
``INTEROP_LEDGER`` names the ledger file for ``interop.ledger``.

Run a worker with ``celery -A tasks worker``.
"""

import builtins
import decimal
import json
import os
import time
import uuid
from datetime import date, datetime, timedelta, timezone
from datetime import time as time_of_day

from celery import Celery, Task, group
from celery.exceptions import Ignore, Reject
from celery.signals import worker_ready
from kombu import Exchange, Queue
from kombu.common import Broadcast
from kombu.utils import json as kombu_json


class InteropError(Exception):
    """A custom class with one argument, known to neither standard library."""


class TwoArgumentError(Exception):
    """A custom class whose constructor needs exactly two arguments."""

    def __init__(self, first, second):
        super().__init__(first, second)


class Outer:
    class NestedError(Exception):
        """Has a dotted qualified name."""


def _queue(spec):
    spec = dict(spec)
    name = spec.pop("name")
    if spec.pop("broadcast", False):
        return Broadcast(name)
    exchange = spec.pop("exchange", None)
    if isinstance(exchange, dict):
        exchange = Exchange(**exchange)
    elif exchange is not None:
        exchange = Exchange(exchange)
    # Without an exchange Celery would bind the queue to the default queue's exchange; name its own instead.
    return Queue(name, exchange or Exchange(name), routing_key=spec.pop("routing_key", name), **spec)


def _settings():
    settings = kombu_json.loads(os.environ.get("INTEROP_SETTINGS", "{}"))
    if "task_queues" in settings:
        settings["task_queues"] = [_queue(spec) for spec in settings["task_queues"]]
    settings.setdefault("broker_connection_retry_on_startup", True)
    settings.setdefault("worker_hijack_root_logger", False)
    return settings


#: Printed by a worker that every message reaches; "ready" comes a moment earlier.
LISTENS = "interop: the worker listens"

app = Celery("interop")
app.conf.update(_settings())


@worker_ready.connect
def _tell_when_it_listens(sender, **_):
    """On Redis no command and no broadcast reaches a worker before the first turn of its loop, which subscribes."""
    hub = sender.hub
    if hub is None:
        return print(LISTENS, flush=True)
    hub.call_soon(hub.call_soon, print, LISTENS)
    # Ends the first turn, which waits for something to happen.
    hub.timer.call_after(0.01, lambda: None)


def _task(name, **options):
    return app.task(name=f"interop.{name}", **options)


# --- values -------------------------------------------------------------------------------------------------

@_task("add")
def add(x, y):
    return x + y


@_task("mul")
def mul(x, y):
    return x * y


@_task("xsum")
def xsum(numbers):
    return sum(xsum.run(n) if isinstance(n, (list, tuple)) else n for n in numbers)


@_task("identity")
def identity(value):
    return value


@_task("echo")
def echo(*args, **kwargs):
    return {"args": list(args), "kwargs": kwargs}


@_task("describe")
def describe(value):
    """What Python received: class name and repr."""
    return {"type": type(value).__name__, "repr": repr(value)}


@_task("check")
def check(value, expression):
    """Whether the value arrived as what the Python expression gives; by repr, which tells 1 from 1.0 and NaN from NaN."""
    wanted = repr(eval(expression, {**globals(), "UTC": timezone.utc}))
    return True if repr(value) == wanted else f"{wanted[:200]} arrived as {repr(value)[:200]}"


TYPED = {
    "datetime": datetime(2030, 1, 2, 3, 4, 5, 600000, tzinfo=timezone.utc),
    "datetime_naive": datetime(2030, 1, 2, 3, 4, 5),
    "date": date(2030, 1, 2),
    "time": time_of_day(3, 4, 5, 600000),
    "timedelta": timedelta(days=1, seconds=2),
    "decimal": decimal.Decimal("12345678901234567890.123456789"),
    "uuid": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "bytes": b"text",
    "bytes_binary": b"\x00\xff\xfe",
    "big": 2**80,
    "negative_big": -(2**63) - 1,
    "float": 0.1,
    "unicode": "h\u00e9llo \u4e16\u754c \U0001f600 \u2028 \x00",
    "nested": {"list": [1, [2, {"three": None}]], "true": True},
}


@_task("typed")
def typed(name):
    return TYPED[name]


# --- outcomes -----------------------------------------------------------------------------------------------

@_task("fail")
def fail(name="ValueError", *args):
    """Raises the class of that name: ours first, else a builtin."""
    known = {"InteropError": InteropError, "TwoArgumentError": TwoArgumentError, "NestedError": Outer.NestedError}
    raise (known.get(name) or getattr(builtins, name))(*args)


@_task("fail_with_cause")
def fail_with_cause():
    try:
        1 / 0
    except ZeroDivisionError as error:
        raise InteropError("outer") from error


@_task("unserialisable")
def unserialisable():
    return object()


@_task("retry_n_times", bind=True, max_retries=None)
def retry_n_times(self, times, countdown=0.05):
    """Succeeds on attempt ``times + 1`` and returns the number of retries it saw."""
    if self.request.retries < times:
        raise self.retry(exc=InteropError("again"), countdown=countdown)
    return self.request.retries


@_task("retry_too_often", bind=True, max_retries=1)
def retry_too_often(self):
    raise self.retry(exc=InteropError("gave up"), countdown=0.05)


@_task("autoretried", bind=True, autoretry_for=(InteropError,), default_retry_delay=0.05, max_retries=5)
def autoretried(self, times):
    """Fails ``times`` times without asking for a retry, and returns the number of retries it saw."""
    if self.request.retries < times:
        raise InteropError("again")
    return self.request.retries


@_task("ignore")
def ignore():
    raise Ignore()


@_task("reject", acks_late=True)
def reject(requeue=False):
    raise Reject("as asked", requeue=requeue)


@_task("progress", bind=True)
def progress(self, steps=3, pause=0.05):
    for step in range(steps):
        time.sleep(pause)
        self.update_state(state="PROGRESS", meta={"current": step, "total": steps})
    return steps


@_task("now")
def now():
    """Milliseconds since 1970."""
    return time.time() * 1000


@_task("sleep_for")
def sleep_for(seconds):
    time.sleep(seconds)
    return seconds


# --- context and workflows ----------------------------------------------------------------------------------

@_task("request", bind=True)
def request(self, *args, **kwargs):
    """The context a task sees, as far as JSON can carry it."""
    names = (
        "id task args kwargs retries eta expires is_eager origin root_id parent_id group group_index "
        "correlation_id reply_to delivery_info headers priority timelimit ignore_result stamps shadow argsrepr kwargsrepr"
    ).split()
    return json.loads(kombu_json.dumps({n: getattr(self.request, n, None) for n in names}, default=repr))


@_task("calls", bind=True)
def calls(self, name, args):
    """Sends the named task from inside a task and returns the child's id."""
    return self.app.send_task(name, args).id


@_task("add_replaced", bind=True)
def add_replaced(self, x, y):
    """Is replaced by ``add``, on its own queue."""
    raise self.replace(app.signature("interop.add", (x, y)).set(queue=self.request.delivery_info["routing_key"]))


@_task("add_to_all", bind=True)
def add_to_all(self, numbers, y, queues):
    """Is replaced by a group of ``add``, whose members go to the queues in turn."""
    members = [
        app.signature("interop.add", (x, y)).set(queue=queues[i % len(queues)]) for i, x in enumerate(numbers)
    ]
    raise self.replace(group(members))


@_task("joined", bind=True)
def joined(self, numbers, y):
    """Adds an ``add`` for each number to the chord that it is a member of."""
    for x in numbers:
        self.add_to_chord(app.signature("interop.add", (x, y)).set(queue=self.request.delivery_info["routing_key"]))
    return 0


@_task("raise_chord")
def raise_chord(results):
    raise InteropError("chord body", results)


@_task("on_error")
def on_error(failed_id):
    return failed_id


@_task("ledger", bind=True, acks_late=True, reject_on_worker_lost=True)
def ledger(self, item, seconds=0):
    """Writes start and end of ``item`` to the ledger file, ``seconds`` apart."""
    _record(item, self.request.retries, "start")
    time.sleep(seconds)
    _record(item, self.request.retries, "end")
    return item


@_task("survivor", bind=True, acks_late=True, reject_on_worker_lost=True)
def survivor(self, item, seconds):
    """As ``ledger``, but a redelivered one ends at once; the ledger shows it as attempt 1."""
    redelivered = bool(self.request.delivery_info.get("redelivered"))
    _record(item, int(redelivered), "start")
    time.sleep(0 if redelivered else seconds)
    _record(item, int(redelivered), "end")
    return redelivered


def _record(item, attempt, event):
    line = json.dumps({"id": item, "attempt": attempt, "event": event, "pid": os.getpid(), "at": time.time() * 1000})
    # One write with O_APPEND: lines of several processes never mix.
    handle = os.open(os.environ["INTEROP_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, line.encode() + b"\n")
    finally:
        os.close(handle)


class _Custom(Task):
    """A custom base class; its handler leaves a trace in the result backend of the task itself."""

    def on_failure(self, exc, task_id, args, kwargs, einfo):
        self.update_state(task_id=f"{task_id}-on-failure", state="SUCCESS", meta=str(exc))


@_task("custom_base", base=_Custom)
def custom_base():
    raise InteropError("handled")
