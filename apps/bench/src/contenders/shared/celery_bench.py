"""What the Celery contenders share: context, protocol with the harness, app, worker."""

import json
import os
import resource
import sys
import threading
import time

from celery import Celery
from celery.signals import worker_ready
from kombu import Exchange, Queue

# As in q-fleet.ts.
FLEET_SIZE = 50
STARTING_AT_ONCE = 8

context = json.loads(os.environ["Q_BENCH_CONTEXT"])
settings = context["settings"]


def make_app(broker, backend=None):
    """An app with Celery's defaults, save that idle services are off and the queue has a name of its own."""
    app = Celery("bench", broker=broker, backend=backend)
    app.conf.update(
        task_default_queue=context["queue"],
        # The default exchange only, so that nothing but the queue is left to delete.
        task_queues=[Queue(context["queue"], Exchange(""), routing_key=context["queue"])],
        task_default_exchange="",
        task_default_routing_key=context["queue"],
        task_ignore_result=backend is None,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        # The lines of the protocol must reach stdout as they are.
        worker_redirect_stdouts=False,
    )
    return app


def write_line(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def ready_and_go():
    """Reports ready, waits for the harness, and starts the clocks."""
    write_line(ready=True)
    sys.stdin.readline()
    return Meter()


class Meter:
    def __init__(self):
        self._cpu = _cpu_seconds()
        self._start = time.perf_counter()

    def finish(self, count, **metrics):
        seconds = time.perf_counter() - self._start
        cpu_ms = (_cpu_seconds() - self._cpu) * 1000
        write_line(done=True, seconds=seconds, cpuMs=cpu_ms, rssMb=peak_rss_mb(), count=count, metrics=metrics)
        os._exit(0)


def peak_rss_mb():
    """Peak of this process and of its children together."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (own + sum(_child_status("VmHWM"))) / 1024


def rss_mb():
    """Present resident memory of this process and of its children together."""
    return (sum(_status(pid, "VmRSS") for pid in [os.getpid(), *_child_pids()])) / 1024


def _cpu_seconds():
    # Living children do not count in RUSAGE_CHILDREN, so theirs is read from /proc.
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = os.sysconf("SC_CLK_TCK")
    total = own.ru_utime + own.ru_stime
    for pid in _child_pids():
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def _child_pids():
    pids = []
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/children", encoding="utf-8") as children:
            pids += [int(pid) for pid in children.read().split()]
    return pids


def _child_status(field):
    return [_status(pid, field) for pid in _child_pids()]


def _status(pid, field):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next((int(line.split()[1]) for line in status if line.startswith(field + ":")), 0)


def start_worker(app, on_ready):
    """Runs a worker in this process; `on_ready` runs in its main thread just before it begins to consume."""
    worker_ready.connect(lambda **_: on_ready(), weak=False)
    pool = os.environ.get("Q_BENCH_CELERY_POOL", "solo")
    app.Worker(
        pool=pool,
        concurrency=int(os.environ.get("Q_BENCH_CELERY_CONCURRENCY", "1")),
        # Far above the default of 4, in Celery's favour.
        prefetch_multiplier=1000,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        loglevel="ERROR",
        logfile=os.devnull,
    ).start()


def drain(app):
    """Measures a worker from its first look at the queue to the last task."""
    import multiprocessing

    # Shared memory, because with the prefork pool tasks run in a child.
    executed = multiprocessing.Value("q", 0)

    @app.task(name="bench.noop")
    def noop(x, y):
        # Several children count: adding takes two steps.
        with executed.get_lock():
            executed.value += 1

    def watch(meter):
        while executed.value < context["count"]:
            time.sleep(0.002)
        meter.finish(executed.value)

    def on_ready():
        meter = ready_and_go()
        threading.Thread(target=watch, args=(meter,), daemon=True).start()

    start_worker(app, on_ready)


def serve(app):
    """A worker for the other side of a round trip; it lives until the harness kills it."""

    @app.task(name="bench.noop")
    def noop(x, y):
        return None

    start_worker(app, lambda: write_line(ready=True))


def roundtrips(app):
    """Measures `delay().get()`, one call at a time."""

    @app.task(name="bench.noop", ignore_result=False)
    def noop(x, y):
        return None

    for _ in range(50):
        noop.delay(2, 3).get(timeout=30)
    meter = ready_and_go()
    latencies = []
    for _ in range(context["count"]):
        start = time.perf_counter()
        noop.delay(2, 3).get(timeout=30)
        latencies.append((time.perf_counter() - start) * 1000)
    latencies.sort()
    count = len(latencies)
    meter.finish(count, p50Ms=latencies[count // 2], p99Ms=latencies[min(count - 1, int(count * 0.99))])


def workflows(app, kind):
    """Measures a chord of 1000, one of 30 chords of 30, a group of 1000 or a chain of 100, from call to value, one at a time."""
    from celery import chain, chord, group

    @app.task(name="bench.noop", ignore_result=False)
    def noop(x, y):
        return None

    build = {
        "chord": lambda: chord([noop.s(2, 3) for _ in range(1000)], noop.s(3)),
        "group": lambda: group([noop.s(2, 3) for _ in range(1000)]),
        "nested": lambda: chord([chord([noop.s(2, 3) for _ in range(30)], noop.s(3)) for _ in range(30)], noop.s(3)),
        "chain": lambda: chain(noop.s(2, 3), *[noop.s(3) for _ in range(99)]),
    }[kind]
    build().delay().get(timeout=60)
    meter = ready_and_go()
    latencies = []
    for _ in range(context["count"]):
        start = time.perf_counter()
        build().delay().get(timeout=60)
        latencies.append((time.perf_counter() - start) * 1000)
    latencies.sort()
    count = len(latencies)
    meter.finish(count, p50Ms=latencies[count // 2], p99Ms=latencies[min(count - 1, int(count * 0.99))])


def enqueue(app):
    """Measures a loop of `delay`."""

    @app.task(name="bench.noop")
    def noop(x, y):
        return None

    # The first call connects and declares.
    noop.delay(2, 3)
    meter = ready_and_go()
    for _ in range(context["count"]):
        noop.delay(2, 3)
    meter.finish(context["count"])


def start_fleet(broker):
    """50 workers, each a process of its own; they end with this process's group."""
    import subprocess

    environment = {**os.environ, "Q_BENCH_BROKER": broker}
    program = os.path.join(os.path.dirname(__file__), "celery_fleet_worker.py")
    waiting = []
    for number in range(FLEET_SIZE):
        if len(waiting) == STARTING_AT_ONCE:
            waiting.pop(0).stdout.readline()
        command = [sys.executable, program, f"w{number}@bench"]
        waiting.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
    for process in waiting:
        process.stdout.readline()
    write_line(ready=True)
    time.sleep(3600)


def broadcasts(app):
    """Measures a ping of the whole fleet, from the call to the last answer, one at a time."""

    def ask():
        answers = app.control.ping(timeout=10, limit=FLEET_SIZE)
        if len(answers) != FLEET_SIZE:
            raise RuntimeError(f"{len(answers)} of {FLEET_SIZE} workers answered")

    for _ in range(20):
        ask()
    meter = ready_and_go()
    latencies = []
    for _ in range(context["count"]):
        start = time.perf_counter()
        ask()
        latencies.append((time.perf_counter() - start) * 1000)
    latencies.sort()
    count = len(latencies)
    p95 = latencies[min(count - 1, int(count * 0.95))]
    meter.finish(count, p50Ms=latencies[count // 2], p95Ms=p95, maxMs=latencies[-1])
