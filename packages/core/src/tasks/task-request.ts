import type { MessageProperties } from "@q/messaging";
import type { ResultTuple } from "@q/backends";
import { EMPTY_EMBED, type Embed, type SignatureJson } from "../protocol/embed.ts";
import { parseIsoTime } from "../protocol/iso-time.ts";

/** How a message came. */
export interface DeliveryInfo {
  readonly exchange: string;
  readonly routingKey: string;
  readonly priority: number;
  readonly redelivered: boolean;
}

/** What a {@link TaskRequest} is made from. */
export interface TaskRequestSource {
  /** Headers of the message, under their wire names; nothing in them is trusted. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: MessageProperties;
  readonly deliveryInfo: DeliveryInfo;
  /** Node name of the worker, or of the process that runs the task itself. */
  readonly hostname: string;
  /** Run by `task.apply` instead of by a worker. */
  readonly isEager?: boolean;
  /** Run by calling the task as a function. */
  readonly calledDirectly?: boolean;
}

/**
 * One request to run a task: what its message says. Fields are read on demand, since most of them matter to few tasks.
 *
 * @see wire protocol, "Headers", for the meaning and the default of each
 */
export class TaskRequest {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly properties: MessageProperties;
  readonly deliveryInfo: DeliveryInfo;
  readonly hostname: string;
  readonly isEager: boolean;
  readonly calledDirectly: boolean;
  args: readonly unknown[] = [];
  kwargs: Readonly<Record<string, unknown>> = {};
  embed: Embed = EMPTY_EMBED;
  /** Results of tasks that this one has sent, in order. */
  readonly children: ResultTuple[] = [];

  constructor(source: TaskRequestSource) {
    this.headers = source.headers;
    this.properties = source.properties;
    this.deliveryInfo = source.deliveryInfo;
    this.hostname = source.hostname;
    this.isEager = source.isEager ?? false;
    this.calledDirectly = source.calledDirectly ?? false;
  }

  get id(): string {
    return this.headers["id"] as string;
  }

  get task(): string {
    return this.headers["task"] as string;
  }

  /** Retries so far; 0 on the first run. */
  get retries(): number {
    return numberOr(this.headers["retries"], 0);
  }

  get eta(): Date | undefined {
    return time(this.headers["eta"]);
  }

  get expires(): Date | undefined {
    return time(this.headers["expires"]);
  }

  /** Seconds; `undefined` when the message sets none. */
  get timeLimit(): number | undefined {
    return this.#timeLimits()[0];
  }

  /** Seconds; `undefined` when the message sets none. */
  get softTimeLimit(): number | undefined {
    return this.#timeLimits()[1];
  }

  /** Id of the group that the task is a member of. */
  get group(): string | undefined {
    return text(this.headers["group"]);
  }

  get groupIndex(): number | undefined {
    return typeof this.headers["group_index"] === "number" ? this.headers["group_index"] : undefined;
  }

  /** Id of the first task of the workflow; the task's own id when there is none. */
  get rootId(): string {
    return text(this.headers["root_id"]) ?? this.id;
  }

  /** Id of the task that sent this one. */
  get parentId(): string | undefined {
    return text(this.headers["parent_id"]);
  }

  get correlationId(): string {
    return text(this.properties.correlationId) ?? this.id;
  }

  /** Queue on which the sender waits for the result, with message-based backends. */
  get replyTo(): string | undefined {
    return text(this.properties.replyTo);
  }

  /** Process that sent the task. */
  get origin(): string | undefined {
    return text(this.headers["origin"]);
  }

  /** Name to show instead of the task's own. */
  get shadow(): string | undefined {
    return text(this.headers["shadow"]);
  }

  get argsrepr(): string | undefined {
    return text(this.headers["argsrepr"]);
  }

  get kwargsrepr(): string | undefined {
    return text(this.headers["kwargsrepr"]);
  }

  /** `undefined` leaves it to the task's own option. */
  get ignoreResult(): boolean | undefined {
    const value = this.headers["ignore_result"];
    return typeof value === "boolean" ? value : undefined;
  }

  get replacedTaskNesting(): number {
    return numberOr(this.headers["replaced_task_nesting"], 0);
  }

  /** Names of stamps. */
  get stampedHeaders(): readonly string[] {
    const names = this.headers["stamped_headers"];
    return Array.isArray(names) ? (names as string[]) : [];
  }

  get stamps(): Readonly<Record<string, unknown>> {
    const stamps = this.headers["stamps"];
    return isRecord(stamps) ? stamps : {};
  }

  /** Signatures that run after success. */
  get callbacks(): readonly SignatureJson[] {
    return this.embed.callbacks ?? [];
  }

  /** Signatures that run after failure. */
  get errbacks(): readonly SignatureJson[] {
    return this.embed.errbacks ?? [];
  }

  /** Remaining tasks of the chain, in reverse: the next one is the last. */
  get chain(): readonly SignatureJson[] {
    return this.embed.chain ?? [];
  }

  /** Body of the chord that the task is a header member of. */
  get chord(): SignatureJson | undefined {
    return this.embed.chord ?? undefined;
  }

  #timeLimits(): [hard: number | undefined, soft: number | undefined] {
    const limits = this.headers["timelimit"];
    if (!Array.isArray(limits)) return [undefined, undefined];
    return [positive(limits[0]), positive(limits[1])];
  }
}

const numberOr = (value: unknown, otherwise: number): number =>
  typeof value === "number" ? value : otherwise;
const positive = (value: unknown): number | undefined =>
  typeof value === "number" && value > 0 ? value : undefined;
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;
const time = (value: unknown): Date | undefined =>
  typeof value === "string" ? parseIsoTime(value) : undefined;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
