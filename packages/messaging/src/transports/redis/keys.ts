import { type BindingRow } from "../virtual/exchange-types.ts";
import { priorityStep } from "../virtual/priority.ts";

/** What decides how keys and channels are called; every program that shares a broker must agree on it. */
export interface KeyOptions {
  /** Put before every key and channel. */
  readonly globalKeyprefix: string;
  /** Between a queue and its priority step, and between the parts of a binding. */
  readonly sep: string;
  readonly prioritySteps: readonly number[];
  readonly unackedKey: string;
  readonly unackedIndexKey: string;
  readonly unackedMutexKey: string;
  readonly fanoutPrefix: boolean | string;
  readonly fanoutPatterns: boolean;
}

/** Names of keys and pub/sub channels, as kombu gives them. @see wire: kombu Redis transport, keys */
export class RedisKeys {
  readonly prefix: string;
  readonly sep: string;
  readonly steps: readonly number[];
  readonly unacked: string;
  readonly unackedIndex: string;
  readonly unackedMutex: string;
  readonly #fanoutPrefix: string;
  readonly #hasPatterns: boolean;

  constructor(options: KeyOptions, database: number) {
    this.prefix = options.globalKeyprefix;
    this.sep = options.sep;
    this.steps = options.prioritySteps;
    this.unacked = this.prefix + options.unackedKey;
    this.unackedIndex = this.prefix + options.unackedIndexKey;
    this.unackedMutex = this.prefix + options.unackedMutexKey;
    this.#fanoutPrefix = this.prefix + fanoutPrefix(options.fanoutPrefix, database);
    this.#hasPatterns = options.fanoutPatterns;
  }

  /** The list in which a message of that priority waits. */
  forPriority(queue: string, priority: unknown): string {
    return this.#atStep(queue, priorityStep(priority, this.steps));
  }

  /** All lists of a queue, the most urgent first. */
  ofQueue(queue: string): string[] {
    return this.steps.map((step) => this.#atStep(queue, step));
  }

  /** The set with the bindings of an exchange. */
  binding(exchange: string): string {
    return `${this.prefix}_kombu.binding.${exchange}`;
  }

  bindingMember(row: BindingRow): string {
    return [row.routingKey, row.pattern, row.queue].join(this.sep);
  }

  /** `undefined` for a member that no client of ours has written. */
  parseBindingMember(member: string): BindingRow | undefined {
    const [routingKey, pattern, queue] = member.split(this.sep);
    if (routingKey === undefined || pattern === undefined || queue === undefined) return undefined;
    return { routingKey, pattern, queue };
  }

  /** Where a message for a fanout exchange is published. */
  fanoutChannel(exchange: string, routingKey: string): string {
    const detail = routingKey !== "" && this.#hasPatterns ? `/${routingKey}` : "";
    return this.#fanoutPrefix + exchange + detail;
  }

  /** What a queue bound to a fanout exchange subscribes to. */
  fanoutPattern(exchange: string, bindingKey: string): string {
    return this.fanoutChannel(exchange, bindingKey.replaceAll("#", "*"));
  }

  /** The sorted set of queues that go with their owner. */
  get owned(): string {
    return `${this.prefix}_q.owned-queues`;
  }

  /**
   * List to which a claim that stands at the server moves the message that woke it, to take it from there at once.
   *
   * @see {@link ClaimSocket.stand}
   */
  held(queue: string): string {
    return `${this.prefix}_q.held.${queue}`;
  }

  /**
   * List with the latest entries of a queue that are no messages at all. It holds at most 1000 and ends a week after
   * the last one came.
   */
  parked(queue: string): string {
    return `${this.prefix}_q.parked.${queue}`;
  }

  #atStep(queue: string, step: number): string {
    return step === 0 ? this.prefix + queue : this.prefix + queue + this.sep + step;
  }
}

function fanoutPrefix(option: boolean | string, database: number): string {
  if (option === false || option === "") return "";
  return (option === true ? "/{db}." : option).replaceAll("{db}", String(database));
}
