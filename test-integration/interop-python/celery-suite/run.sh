#!/bin/bash
# Runs Celery's own integration suite against `q worker`:
#   run.sh redis|rabbitmq <checkout of Celery 5.6> [arguments of pytest]
# Results are in a private Redis; RabbitMQ is the machine's, with a virtual host of its own. Build first.
set -euo pipefail
broker=$1 source=$(realpath "$2")
shift 2
here=$(realpath "$(dirname "$0")")
repository=$(realpath "$here/../../..")
place=$(mktemp -d)
vhost="celery-suite-$$"
cleanup() {
  kill "$redis" 2>/dev/null || true
  [ "$broker" = redis ] || rabbitmqctl -q delete_vhost "$vhost" || true
  rm -rf "$place"
}

venv="$repository/.cache/venv-celery-suite"
if [ ! -d "$venv" ]; then
  python3 -m venv "$venv"
  # redis-py 8 gives up reading after 5 s, and the suite waits for 10 s.
  "$venv/bin/pip" install -q "celery[redis]==5.6.*" "redis<7" pydantic pytest pytest-celery \
    pytest-rerunfailures pytest-subtests pytest-timeout
fi

mkdir "$place/t"
cp -r "$source/t/integration" "$source/t/__init__.py" "$place/t/"
# The worker of the session is ours, not one inside of the process of the tests.
sed -i 's/^from celery.contrib.pytest import celery_app.*/from celery.contrib.pytest import celery_app/' \
  "$place/t/integration/conftest.py"
cat "$here/worker_fixture.py" >> "$place/t/integration/conftest.py"
printf '[pytest]\npython_classes = test_*\n' > "$place/pytest.ini"

export REDIS_PORT=${REDIS_PORT:-26399} Q_REPOSITORY=$repository
redis-server --port "$REDIS_PORT" --save "" --dir "$place" > /dev/null &
redis=$!
trap cleanup EXIT
export TEST_BACKEND="redis://localhost:$REDIS_PORT/0"
export TEST_BROKER=$TEST_BACKEND
if [ "$broker" != redis ]; then
  rabbitmqctl -q add_vhost "$vhost"
  rabbitmqctl -q set_permissions -p "$vhost" guest '.*' '.*' '.*'
  export TEST_BROKER="amqp://guest:guest@localhost:5672/$vhost"
fi

cd "$place"
mapfile -t excluded < <(sed 's/ *#.*//; /^$/d; s/^/--deselect=/' "$here/excluded.txt")
# Some tests wait for minutes that nothing happens.
"$venv/bin/python" -m pytest -p no:cacheprovider -p celery.contrib.pytest --timeout=400 --tb=short -v -rf \
  "${excluded[@]}" "${@:-t/integration/test_canvas.py}"
