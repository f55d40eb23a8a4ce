import { setTimeout as sleep } from "node:timers/promises";
import {
  type App,
  chain,
  chord,
  createApp,
  group,
  RemoteTaskError,
  type SignatureJson,
  signatureFromJson,
  type TaskContext,
} from "@q/core";
import { Redis } from "ioredis";

/**
 * The tasks of Celery's own integration suite (`t/integration/tasks.py`) in TypeScript, under their names, so that the
 * suite can be run against `q worker`. The order and the names are those of the original.
 */
export const app: App = createApp("suite", {
  broker: process.env["TEST_BROKER"] ?? "amqp://",
  backend: process.env["TEST_BACKEND"] ?? "redis://",
  resultExtended: true,
});

const named = <TName extends string>(name: TName): `t.integration.tasks.${TName}` =>
  `t.integration.tasks.${name}`;
const redis = new Redis({ port: Number(process.env["REDIS_PORT"] ?? 6379), lazyConnect: true });

/** An error that Python is to see as a class of its own: clients compare it with what they expect. */
const pythonError =
  (excType: string, excModule = "t.integration.tasks") =>
  (...args: readonly unknown[]): RemoteTaskError =>
    new RemoteTaskError(args.join(", "), { excType, excModule, args, traceback: null });
const expectedException = pythonError("ExpectedException");
/** In Python it cannot be rebuilt: its constructor wants more than the arguments that it keeps. */
const unpickleableException = pythonError("UnpickleableException");

const identity = app.task({ name: named("identity"), params: ["x"] }, (x: unknown) => x);
/** Python's `+`, which joins lists as well. */
const plus = (x: number, y: number): number =>
  Array.isArray(x) ? (x.concat(y) as unknown as number) : x + y;
const add = app.task({ name: named("add"), params: ["x", "y", "z?"] }, (x: number, y: number, z?: number) =>
  z ? plus(plus(x, y), z) : plus(x, y),
);
app.task({ name: named("mul"), params: ["x", "y"] }, (x: number, y: number) => x * y);
app.task(named("write_to_file_and_return_int"), async (file: string, i: number) => {
  await (await import("node:fs/promises")).appendFile(file, `${i}\n`);
  return i;
});
app.task(
  { name: named("add_not_typed"), params: ["x", "y"], typing: false },
  (x: number, y: number | undefined) => {
    // A function of JavaScript takes too few arguments without a word.
    if (typeof y !== "number") throw new TypeError("add_not_typed() has no argument y");
    return x + y;
  },
);
app.task(
  { name: named("add_ignore_result"), params: ["x", "y"], ignoreResult: true },
  (x: number, y: number) => x + y,
);
const raiseError = app.task(named("raise_error"), (..._: unknown[]): unknown => {
  throw pythonError("ValueError", "builtins")("deliberate error");
});
app.task(named("chain_add"), async (x: number, y: number) => {
  await add.s(x, x).pipe(add.s(y)).applyAsync();
});
app.task(named("chord_add"), async (x: number, y: number) => {
  // As in Python, where nothing looks at what the parts give.
  await chord([add.s(x, x)], app.signature(add.name, [y])).applyAsync();
});
const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
app.task(
  { name: named("delayed_sum"), params: ["numbers", "pause_time?"] },
  async (numbers: readonly number[], pauseTime: number = 1) => {
    await sleep(pauseTime * 1000);
    return total(numbers);
  },
);
app.task(
  { name: named("delayed_sum_with_soft_guard"), bind: true, params: ["numbers", "pause_time?"] },
  async ({ signal }: TaskContext, numbers: readonly number[], pauseTime: number = 1) => {
    // Its reason is SoftTimeLimitExceeded.
    const isInTime = await sleep(pauseTime * 1000, true, { signal }).catch(() => false);
    return isInTime ? total(numbers) : 0;
  },
);
const tsum = app.task({ name: named("tsum"), params: ["nums"] }, total);
app.task({ name: named("xsum"), params: ["nums"] }, (nums: readonly (number | number[])[]) =>
  total(nums.map((num) => (Array.isArray(num) ? total(num) : num))),
);
app.task({ name: named("add_replaced"), bind: true, params: ["x", "y"] }, (self, x: number, y: number) =>
  self.replace(add.s(x, y)),
);

interface LinkOptions {
  readonly link_msg?: string;
}
const echoOf = ({ link_msg }: LinkOptions) =>
  link_msg === undefined ? app.signature(redisEcho.name) : redisEcho.si(link_msg);
/** What Python's keyword arguments become: the last argument. */
const withLink = (args: readonly unknown[]): { values: readonly unknown[]; options: LinkOptions } => {
  const last = args.at(-1);
  const isOptions = typeof last === "object" && last !== null && "link_msg" in last;
  return isOptions
    ? { values: args.slice(0, -1), options: last as LinkOptions }
    : { values: args, options: {} };
};
app.task({ name: named("replace_with_chain"), bind: true }, (self: TaskContext, ...args: unknown[]) => {
  const { values, options } = withLink(args);
  return self.replace(
    chain(app.signature<[], unknown>(identity.name, values), identity.s()).link(echoOf(options)),
  );
});
app.task(
  { name: named("replace_with_chain_which_raises"), bind: true },
  (self: TaskContext, ...args: unknown[]) => {
    const { values, options } = withLink(args);
    const steps = chain(app.signature<[], unknown>(identity.name, values), raiseError.s());
    return self.replace(steps.linkError(echoOf(options)));
  },
);
const emptyChain: SignatureJson = {
  task: "celery.chain",
  args: [],
  kwargs: { tasks: [] },
  options: {},
  subtask_type: "chain",
  immutable: false,
};
app.task({ name: named("replace_with_empty_chain"), bind: true }, (self: TaskContext, ..._: unknown[]) =>
  self.replace(signatureFromJson(emptyChain, app) as never),
);
app.task(
  { name: named("add_to_all"), bind: true, params: ["nums", "val"] },
  (self, nums: number[], val: number) => self.replace(group(nums.map((num) => add.s(num, val)))),
);
app.task(
  { name: named("add_to_all_to_chord"), bind: true, params: ["nums", "val"] },
  async (self, nums: number[], val: number) => {
    for (const num of nums) await self.addToChord(add.s(num, val));
    return 0;
  },
);
app.task(
  { name: named("add_chord_to_chord"), bind: true, params: ["nums", "val"] },
  async (self, nums: number[], val: number) => {
    await self.addToChord(group(nums.map((num) => add.s(num, val))).pipe(tsum.s()));
    return 0;
  },
);
app.task(
  { name: named("print_unicode"), bind: true },
  (self, log: string = "håå®ƒ valmuefrø", print: string = "hiöäüß") => {
    self.logger.warn({}, log);
    process.stdout.write(`${print}\n`);
  },
);
app.task(named("return_exception"), (error: unknown) => [error, true]);
app.task(named("sleeping"), async (seconds: number, ..._options: unknown[]) => {
  await sleep(seconds * 1000);
});
const ids = ({ request }: TaskContext): unknown[] => [request.rootId, request.parentId ?? null];
app.task({ name: named("ids"), bind: true, params: ["i"] }, (self: TaskContext, i: unknown) => [
  ...ids(self),
  i,
]);
app.task(
  { name: named("collect_ids"), bind: true, params: ["res", "i"] },
  (self: TaskContext, res: unknown, i: unknown) => [res, [...ids(self), i]],
);

let attempt = 0;
app.task(
  { name: named("retry"), bind: true, defaultRetryDelay: 1, params: ["return_value?"] },
  (self: TaskContext, returnValue?: unknown) => {
    if (returnValue !== undefined && returnValue !== null) {
      if (attempt >= 3) {
        attempt = 0;
        return returnValue;
      }
      attempt += 1;
    }
    return self.retry({ exc: expectedException(), countdown: 5 });
  },
);
app.task(
  {
    name: named("retry_unpickleable"),
    bind: true,
    defaultRetryDelay: 1,
    params: ["foo", "bar", "retry_kwargs"],
  },
  (self: TaskContext, ...[foo, , options]: [string, string, Record<string, number>]) => {
    const { countdown, max_retries: maxRetries } = options;
    return self.retry({
      exc: unpickleableException(foo),
      ...(countdown && { countdown }),
      ...(maxRetries && { maxRetries }),
    });
  },
);

interface RetryOnce {
  readonly expires?: number | null;
  readonly max_retries?: number;
  readonly countdown?: number | null;
}
const retryOnce =
  (answer: (self: TaskContext) => unknown) =>
  (self: TaskContext, ...args: unknown[]): unknown => {
    if (self.request.retries > 0) return answer(self);
    const last = args.at(-1);
    const options: RetryOnce = typeof last === "object" && last !== null && !Array.isArray(last) ? last : {};
    const { expires, max_retries: maxRetries = 1, countdown = 0.1 } = options;
    return self.retry({ maxRetries, ...(countdown !== null && { countdown }), ...(expires && { expires }) });
  };
app.task(
  { name: named("retry_once"), bind: true, expires: 120, maxRetries: 1 },
  retryOnce(({ request }) => request.retries),
);
app.task(
  { name: named("retry_once_priority"), bind: true, maxRetries: 1 },
  retryOnce(({ request }) => request.deliveryInfo.priority),
);
app.task(
  { name: named("retry_once_headers"), bind: true, maxRetries: 1 },
  retryOnce(({ request }) => request.headers),
);

const redisEcho = app.task(
  { name: named("redis_echo"), params: ["message", "redis_key?"] },
  async (message: unknown, key: string = "redis-echo") => {
    await redis.rpush(key, String(message));
  },
);
app.task(
  { name: named("redis_echo_group_id"), bind: true, params: ["_", "redis_key?"] },
  async ({ request }: TaskContext, _: unknown, key: string = "redis-group-ids") => {
    await redis.rpush(key, request.group ?? "");
  },
);
const count = async (key: string = "redis-count"): Promise<void> => {
  await redis.incr(key);
};
app.task({ name: named("redis_count"), params: ["redis_key?"] }, count);

const again = (name: "second_order_replace1" | "second_order_replace2") =>
  app.signature<readonly unknown[], unknown>(named(name), [], { kwargs: { state: true }, immutable: true });
app.task(
  { name: named("second_order_replace1"), bind: true, params: ["state?"] },
  async (self: TaskContext, state: boolean = false): Promise<unknown> => {
    if (state) return void (await redis.rpush("redis-echo", "Out A"));
    await redis.rpush("redis-echo", "In A");
    const second = app.signature<[], unknown>(named("second_order_replace2"));
    return self.replace(chain(second, again("second_order_replace1")));
  },
);
app.task(
  { name: named("second_order_replace2"), bind: true, params: ["state?"] },
  async (self: TaskContext, state: boolean = false): Promise<unknown> => {
    if (state) return void (await redis.rpush("redis-echo", "Out B"));
    await redis.rpush("redis-echo", "In B");
    return self.replace(chain(redisEcho.s("In/Out C"), again("second_order_replace2")));
  },
);
app.task({ name: named("build_chain_inside_task"), bind: true }, async () => {
  const steps = [add.s(1, 1), add.s(2), group(add.s(3), add.s(4)), add.s(5)];
  const [first, ...rest] = steps.map((step) => signatureFromJson(step.toJSON(), app));
  return rest.reduce((left, right) => left!.pipe(right as never), first)!.delay();
});

const failure = (...args: readonly string[]): never => {
  throw expectedException("Task expected to fail", ...args);
};
const fail = app.task(named("fail"), (...args: string[]): unknown => failure(...args));
app.task(named("fail_unpickleable"), (foo: string, _bar: string) => {
  throw unpickleableException(foo);
});
app.task({ name: named("fail_replaced"), bind: true }, (self: TaskContext, ...args: unknown[]) =>
  self.replace(app.signature<[], unknown>(fail.name, args, { immutable: true })),
);
app.task(
  { name: named("return_priority"), bind: true },
  ({ request }: TaskContext, ..._: unknown[]) => `Priority: ${request.deliveryInfo.priority}`,
);
app.task({ name: named("return_properties"), bind: true }, ({ request }: TaskContext) => ({
  app_id: request.properties.appId,
}));
const retryClass = { autoretryFor: [RemoteTaskError], retryKwargs: { maxRetries: 1 }, retryBackoff: true };
app.task({ name: "auto_retry_class_task", bind: true, ...retryClass }, ({ request }: TaskContext) => {
  if (request.retries > 0) return request.retries;
  throw pythonError("ValueError", "builtins")();
});

const open = () => signatureFromJson(app.signature(add.name).toJSON(), app) as never;
const nested: Readonly<Record<string, () => unknown>> = {
  chain_chain: () => chain(chain(open())),
  chain_group: () => chain(group([open()])),
  chain_chord: () => chain(chord([open()], open())),
  group_chain: () => group(chain(open())),
  group_group: () => group(group([open()])),
  group_chord: () => group(chord([open()], open())),
  chord_chain: () => chord([chain(open())], open()),
  chord_group: () => chord(group([open()]), open()),
  chord_chord: () => chord([chord([open()], open())], open()),
};
for (const [name, build] of Object.entries(nested)) app.task(named(`return_nested_signature_${name}`), build);
app.task(named("rebuild_signature"), (json: SignatureJson) => {
  signatureFromJson(json, app);
});
app.task({ name: named("errback_old_style"), params: ["request_id"] }, async (id: string) => {
  await count(id);
  return id;
});
app.task(
  { name: named("errback_new_style"), params: ["request", "exc", "tb"] },
  async (request: { id: string }, _exc: unknown, _tb: unknown) => {
    await count(request.id);
    return request.id;
  },
);
const replacement = app.task(named("replaced_with_me"), () => true);
for (const name of ["add_pydantic", "add_pydantic_string_annotations"] as const) {
  app.task({ name: named(name), params: ["data"] }, ({ x, y }: { x: number; y: number }) => ({
    result: x + y,
  }));
}
app.task(
  { name: named("replace_with_stamped_task"), bind: true, params: ["replace_with?"] },
  (self: TaskContext, replaceWith?: SignatureJson) => {
    const next = replaceWith ? signatureFromJson(replaceWith, app) : replacement.s();
    const stamped = next.stamp({ onSignature: () => ({ StampOnReplace: "This is the replaced task" }) });
    return self.replace(stamped as never);
  },
);
app.task(
  { name: named("soft_time_limit_must_exceed_time_limit"), softTimeLimit: 2, timeLimit: 1 },
  () => undefined,
);
