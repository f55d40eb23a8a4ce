

# Put behind the suite's own conftest.py by run.sh.
import signal
import subprocess


@pytest.fixture(scope='session')
def celery_session_worker(celery_session_app):
    """`q worker` with the suite's tasks in TypeScript, in place of Celery's worker inside of this process."""
    celery_session_app.loader.import_task_module('t.integration.tasks')
    celery_session_app.set_default()
    folder = os.environ['Q_REPOSITORY']
    with open('worker.log', 'w') as log:
        worker = subprocess.Popen(
            ['node', f'{folder}/packages/cli/bin/q.js', '-A', 'interop-python/celery-suite/suite-app.ts',
             'worker', '-P', 'async', '-c', '4'],
            stdout=log, stderr=subprocess.STDOUT, cwd=f'{folder}/test-integration')
    deadline = time.monotonic() + 60
    while True:
        with open('worker.log') as log:
            if ' ready.' in log.read():
                break
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    yield worker
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
