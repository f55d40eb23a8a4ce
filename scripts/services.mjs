// Finds or starts what test-integration needs: Redis, RabbitMQ and a Python with Celery; installs the databases that tests
// start for themselves. Safe to run again and again.
//
// A service is looked for at its URL (Q_TEST_REDIS_URL, Q_TEST_AMQP_URL, or the default port). With a URL from the
// environment it is taken or missed, never started. Otherwise it is started, and installed from Debian when we are root.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ensureCelery } from "./celery-venv.mjs";
import { aptInstall, isInstalled } from "./debian.mjs";

const services = [
  {
    name: "Redis",
    variable: "Q_TEST_REDIS_URL",
    defaultUrl: "redis://127.0.0.1:6379",
    greeting: "PING\r\n",
    // A server that asks for a password is there too.
    isAnswer: (bytes) => /^(\+PONG|-NOAUTH)/.test(bytes.toString("latin1")),
    program: "redis-server",
    start: ["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "yes"],
  },
  {
    name: "RabbitMQ",
    variable: "Q_TEST_AMQP_URL",
    defaultUrl: "amqp://guest:guest@127.0.0.1:5672",
    greeting: "AMQP\0\0\x09\x01",
    // A method frame on channel 0: connection.start.
    isAnswer: (bytes) => bytes.subarray(0, 3).equals(Buffer.from([1, 0, 0])),
    program: "rabbitmq-server",
    start: ["rabbitmq-server", "-detached"],
    // A name of our own, because the name picks the data directory: two brokers that share one destroy each other's
    // files. And `localhost`, because Erlang insists on resolving it, which the name of a container often is not.
    environment: { RABBITMQ_NODENAME: "q-test@localhost" },
  },
];

/**
 * Makes sure that the services answer.
 *
 * @returns `redisUrl`, `amqpUrl` and `python` (path of an interpreter that has Celery), each undefined when it
 * cannot be had, and `missing`: a sentence for each of those. In CI (`CI=true`) treat a missing one as a failure.
 */
export async function ensureServices() {
  const [redisUrl, amqpUrl] = [await ensureService(services[0]), await ensureService(services[1])];
  const python = ensureCelery();
  // The tests that want these start their own, and say so where one is missing.
  if (!isInstalled("tmux")) aptInstall("tmux");
  if (!existsSync("/usr/lib/postgresql")) aptInstall("postgresql");
  if (!isInstalled("mariadbd")) aptInstall("mariadb-server");
  if (!isInstalled("dot")) aptInstall("graphviz");
  const missing = [];
  if (!redisUrl) missing.push(absence(services[0]));
  if (!amqpUrl) missing.push(absence(services[1]));
  if (!python)
    missing.push("Python with Celery is missing: install python3 (3.9 or newer) with its venv module.");
  for (const sentence of missing) console.error(`\n!!! ${sentence}\n!!! Tests that need it are skipped.\n`);
  return { redisUrl, amqpUrl, python, missing };
}

async function ensureService(service) {
  const given = process.env[service.variable];
  const url = given ?? service.defaultUrl;
  if (await answers(service, url)) return url;
  if (given) return undefined;

  if (!isInstalled(service.program) && !aptInstall(service.program)) return undefined;
  // Installing may have started it already.
  if (await answers(service, url)) return url;
  spawnSync(service.start[0], service.start.slice(1), {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...service.environment },
  });
  for (let attempt = 0; attempt < 120; attempt++) {
    if (await answers(service, url)) return url;
    await sleep(500);
  }
  return undefined;
}

function absence({ name, variable, program }) {
  const given = process.env[variable];
  if (given) return `${name} does not answer at the address in ${variable}.`;
  return `${name} is missing: start one on its default port, set ${variable}, or install ${program}.`;
}

async function answers(service, url) {
  const { hostname, port, protocol } = new URL(url);
  const defaultPort = new URL(service.defaultUrl).port;
  // Behind TLS the greeting is not ours to read; the tests will tell.
  if (/^(rediss|amqps):$/.test(protocol)) return true;
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || defaultPort) });
  socket.setTimeout(2000, () => socket.destroy(new Error("timed out")));
  try {
    await once(socket, "connect");
    socket.write(Buffer.from(service.greeting, "latin1"));
    const [bytes] = await once(socket, "data");
    return service.isAnswer(bytes);
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { missing, ...found } = await ensureServices();
  console.log(JSON.stringify(found, null, 2));
  process.exitCode = missing.length > 0 ? 1 : 0;
}
