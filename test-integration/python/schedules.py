"""Answers of Celery's crontab: one JSON case per line comes in, one answer per line goes out.

A case is ``{tz, f: [minute, hour, dow, dom, month], last, now}`` with times in milliseconds since 1970.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from celery import Celery
from celery.schedules import crontab

WINDOW = timedelta(hours=27)
apps = {}


def app_of(zone):
    if zone not in apps:
        apps[zone] = Celery("schedules", set_as_current=False)
        apps[zone].conf.update(timezone=zone, enable_utc=True)
    return apps[zone]


def has_change(moment):
    return len({(moment + shift).astimezone(moment.tzinfo).utcoffset() for shift in (-WINDOW, timedelta(0), WINDOW)}) > 1


def answer(case):
    zone = ZoneInfo(case["tz"])
    last, now = (datetime.fromtimestamp(case[key] / 1000, timezone.utc).astimezone(zone) for key in ("last", "now"))
    schedule = crontab(*case["f"], nowfun=lambda: now, app=app_of(case["tz"]))
    try:
        remaining = schedule.remaining_estimate(last).total_seconds()
        is_due, following = schedule.is_due(last)
    except RuntimeError:
        return {"never": True}
    found = (now.astimezone(timezone.utc) + timedelta(seconds=remaining)).astimezone(zone)
    later = (now.astimezone(timezone.utc) + timedelta(seconds=following)).astimezone(zone)
    return {
        "remaining": remaining,
        "isDue": is_due,
        "next": following,
        "sameDay": last.date() == now.date(),
        "nearChange": any(has_change(moment) for moment in (last, now, found, later)),
    }


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
