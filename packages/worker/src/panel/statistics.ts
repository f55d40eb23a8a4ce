import { parseBrokerUrl } from "@q/messaging";
import type { PoolStats, PoolWriteStats } from "@q/pool";
import type { Worker } from "../worker.ts";

/**
 * What `inspect stats` shows, in Celery's shape.
 *
 * @see celery/worker/worker.py, stats; wire protocol, "Remote control: commands"
 */
export function workerStatistics(worker: Worker): Readonly<Record<string, unknown>> {
  const { app, connection, poolControl } = worker;
  const autoscaler = poolControl.autoscaler?.info();
  return {
    total: Object.fromEntries(worker.dispatcher?.totals ?? []),
    pid: process.pid,
    // Celery sends it as text.
    clock: String(app.logicalClock.value),
    uptime: Math.round((app.clock.monotonic() - worker.startedAtMs) / 1000),
    pool: poolStatistics(worker),
    ...(autoscaler && { autoscaler: { ...autoscaler, qty: poolControl.load() } }),
    broker: connection === undefined ? {} : brokerStatistics(worker),
    prefetch_count: finite(worker.dispatcher?.prefetch ?? 0),
    rusage: resourceUsage(),
  };
}

function poolStatistics({ app, pool }: Worker): Readonly<Record<string, unknown>> {
  const { taskTimeLimit, taskSoftTimeLimit, workerMaxTasksPerChild } = app.conf;
  const stats = pool?.stats();
  const executors = stats?.executors?.map(({ pid }) => pid) ?? [process.pid];
  return {
    implementation: stats?.implementation ?? "none",
    "max-concurrency": stats?.size ?? 0,
    processes: [...new Set(executors)],
    "max-tasks-per-child": workerMaxTasksPerChild ?? "N/A",
    "put-guarded-by-semaphore": true,
    timeouts: [taskSoftTimeLimit ?? 0, taskTimeLimit ?? 0],
    running: stats?.running ?? 0,
    completed: stats?.completed ?? 0,
    orphaned: stats?.orphaned ?? 0,
    ...(stats?.writes && { writes: writesOf(stats, stats.writes) }),
  };
}

/** How tasks are spread over the executors. */
function writesOf({ executors = [] }: PoolStats, { strategy, jobs, batches }: PoolWriteStats): object {
  const share = (done: number): string => `${((100 * done) / Math.max(1, jobs)).toFixed(2)}%`;
  return {
    total: jobs,
    batches,
    avg: share(jobs / Math.max(1, executors.length)),
    all: executors.map(({ completed }) => share(completed)).join(", "),
    raw: executors.map(({ completed }) => completed).join(", "),
    strategy,
    inqueues: { total: executors.length, active: executors.filter(({ running }) => running > 0).length },
  };
}

function brokerStatistics({ app, brokerUri }: Worker): Readonly<Record<string, unknown>> {
  const { conf } = app;
  const url = parseBrokerUrl(brokerUri);
  return {
    hostname: url.hostname ?? null,
    userid: url.username ?? null,
    virtual_host: url.virtualHost ?? null,
    port: url.port ?? null,
    insist: false,
    ssl: conf.brokerUseSsl !== false,
    transport: url.scheme,
    connect_timeout: conf.brokerConnectionTimeout,
    transport_options: {},
    login_method: conf.brokerLoginMethod ?? (/amqp/.test(url.scheme) ? "PLAIN" : null),
    uri_prefix: null,
    heartbeat: conf.brokerHeartbeat,
    failover_strategy:
      typeof conf.brokerFailoverStrategy === "string" ? conf.brokerFailoverStrategy : "round-robin",
    alternates: [],
    credential_provider: null,
  };
}

/** Under the names of getrusage(2). */
function resourceUsage(): Readonly<Record<string, number>> {
  const usage = process.resourceUsage();
  return {
    utime: usage.userCPUTime / 1e6,
    stime: usage.systemCPUTime / 1e6,
    maxrss: usage.maxRSS,
    ixrss: usage.sharedMemorySize,
    idrss: usage.unsharedDataSize,
    isrss: usage.unsharedStackSize,
    minflt: usage.minorPageFault,
    majflt: usage.majorPageFault,
    nswap: usage.swappedOut,
    inblock: usage.fsRead,
    oublock: usage.fsWrite,
    msgsnd: usage.ipcSent,
    msgrcv: usage.ipcReceived,
    nsignals: usage.signalsCount,
    nvcsw: usage.voluntaryContextSwitches,
    nivcsw: usage.involuntaryContextSwitches,
  };
}

/** JSON knows no infinity; Celery's word for no limit is 0. */
const finite = (count: number): number => (Number.isFinite(count) ? count : 0);
