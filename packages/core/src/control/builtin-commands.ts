import type { CommandSpec } from "./command-spec.ts";

const inspect = (name: string, help: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  help,
  ...more,
  type: "inspect",
});

const control = (name: string, help: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  help,
  ...more,
  type: "control",
});

const ids = "<id1> [id2 [... [idN]]]";

/**
 * Celery's commands as its command line has them. Their handlers are in the worker.
 *
 * @see celery/worker/control.py; wire protocol, "Remote control: commands"
 */
export const builtinCommands: readonly CommandSpec[] = [
  inspect("active", "tasks that run now", { alias: "dump_active" }),
  inspect("active_queues", "queues that tasks are taken from"),
  inspect("clock", "the logical clock"),
  inspect("conf", "settings, secrets masked", {
    alias: "dump_conf",
    signature: "[include_defaults=False]",
    args: { with_defaults: Boolean },
  }),
  inspect("hello", "state for a worker that starts", { visible: false }),
  inspect("memdump", "samples of memory use so far", {
    signature: "[n_samples=10]",
    args: { samples: Number },
  }),
  inspect("memsample", "resident memory now"),
  inspect("objgraph", "write a heap snapshot (Python: a graph) to a file there", {
    signature: "[object_type=Request] [num=200 [max_depth=10]]",
    args: { type: String, num: Number, max_depth: Number },
    defaultTimeout: 60,
  }),
  inspect("ping", "is anybody there?", { defaultTimeout: 0.2 }),
  inspect("query_task", "what is known of tasks, by id", { signature: ids, variadic: "ids" }),
  inspect("registered", "tasks that are known", {
    alias: "dump_tasks",
    signature: "[attr1 [attr2 [... [attrN]]]]",
    variadic: "taskinfoitems",
  }),
  inspect("report", "what a bug report needs"),
  inspect("reserved", "tasks that wait for a slot", { alias: "dump_reserved" }),
  inspect("revoked", "ids of revoked tasks", { alias: "dump_revoked" }),
  inspect("scheduled", "tasks that wait for their time", { alias: "dump_schedule" }),
  inspect("stats", "counters and what the worker is made of"),

  control("add_consumer", "take tasks from a queue, too", {
    signature: "<queue> [exchange [type [routing_key]]]",
    args: { queue: String, exchange: String, exchange_type: String, routing_key: String },
  }),
  control("autoscale", "change the range of the autoscaler", {
    signature: "[max [min]]",
    args: { max: Number, min: Number },
  }),
  control("cancel_consumer", "take no more tasks from a queue", {
    signature: "<queue>",
    args: { queue: String },
  }),
  control("disable_events", "send no more events of tasks"),
  control("election", "have the workers elect one of them", {
    signature: "<id> <topic> [action]",
    args: { id: String, topic: String, action: String },
  }),
  control("enable_events", "send events of tasks"),
  control("heartbeat", "send an event of life now"),
  control("pool_grow", "add slots", { signature: "[N=1]", args: { n: Number } }),
  control("pool_restart", "start the executors anew"),
  control("pool_shrink", "take slots away", { signature: "[N=1]", args: { n: Number } }),
  control("rate_limit", "change how often a task may run", {
    signature: "<task_name> <rate_limit (e.g., 5/s | 5/m | 5/h)>",
    args: { task_name: String, rate_limit: String },
  }),
  control("revoke", "do not run tasks, by id", { signature: ids, variadic: "task_id" }),
  control("revoke_by_stamped_headers", "do not run tasks, by stamp", {
    signature: "<key1=value1> [key2=value2 [... [keyN=valueN]]]",
    variadic: "headers",
  }),
  control("shutdown", "finish what runs, then end"),
  control("terminate", "end tasks that run, by id", {
    signature: `<signal> ${ids}`,
    args: { signal: String },
    variadic: "task_id",
  }),
  control("time_limit", "change how long a task may run", {
    signature: "<task_name> <soft_secs> [hard_secs]",
    args: { task_name: String, soft: Number, hard: Number },
  }),
];
