from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from celery import Celery
from celery.schedules import crontab
from celery_bench import context, ready_and_go, settings

zone = ZoneInfo(settings["timeZone"])
START = datetime(2026, 1, 1, tzinfo=timezone.utc).astimezone(zone)
END = datetime(2036, 1, 1, tzinfo=timezone.utc)
app = Celery("bench")
app.conf.update(timezone=settings["timeZone"], enable_utc=True)


def walk(steps):
    at = START
    minute, hour, day, month, weekday = settings["crontab"].split()
    schedule = crontab(minute, hour, weekday, day, month, app=app, nowfun=lambda: at)
    for _ in range(steps):
        # Elapsed time is added in UTC: Python adds on the wall.
        at = (at.astimezone(timezone.utc) + schedule.remaining_estimate(at)).astimezone(zone)
        if at >= END:
            at = START
    return at


walk(1000)
meter = ready_and_go()
last = walk(context["count"])
meter.finish(context["count"], lastAt=last.timestamp() * 1000)
