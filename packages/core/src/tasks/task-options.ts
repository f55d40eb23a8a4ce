import type { ErrorClass } from "../protocol/stored-error.ts";
import type { DeliveryMode } from "./call-options.ts";
import type { RetryOptions } from "./retry.ts";
import type { StandardSchema } from "./standard-schema.ts";
import type { TaskBase } from "./task-base.ts";

/** Options of a task. Absent ones come from the settings of the app, when the task is first used. */
export interface TaskOptions<TArgs extends readonly unknown[] = readonly unknown[]> {
  /** Name under which messages find the task. Unique in the fleet, across languages. */
  readonly name: string;
  /** Names of the positional parameters, so that Python's keyword arguments find them; a `?` at the end marks an optional one. */
  readonly params?: { readonly [TIndex in keyof TArgs]-?: string };
  /** Schema of the positional arguments as a list; checked where the task is sent and where it runs. */
  readonly args?: StandardSchema<TArgs>;
  /** Schema of the keyword arguments; the function gets them, validated, as its last argument. */
  readonly kwargs?: StandardSchema<unknown>;
  /** Schema of the returned value. */
  readonly result?: StandardSchema<unknown>;
  /** Base class with handlers shared by several tasks. */
  readonly base?: new () => TaskBase;
  /** Retries after the first attempt; `null` for no limit. Default 3. */
  readonly maxRetries?: number | null;
  /** Seconds until a retry that does not say when. Default 180. */
  readonly defaultRetryDelay?: number;
  /** Errors that cause a retry by themselves. */
  readonly autoretryFor?: readonly ErrorClass[];
  /** Errors excluded from `autoretryFor`. */
  readonly dontAutoretryFor?: readonly ErrorClass[];
  /** Options of the automatic retry. `countdown` is ignored with `retryBackoff`. */
  readonly retryKwargs?: RetryOptions;
  /** Wait 1, 2, 4, 8… seconds; a number is the factor. Default false. */
  readonly retryBackoff?: boolean | number;
  /** Longest wait of the backoff, seconds. Default 600. */
  readonly retryBackoffMax?: number;
  /** Wait a random part of the backoff. Default true. */
  readonly retryJitter?: boolean;
  /** Expected errors: logged at info level and without a stack. */
  readonly throws?: readonly ErrorClass[];
  /** `10/s`, `10/m`, `10/h` or a number per second; per worker. */
  readonly rateLimit?: string | number | null;
  /** Seconds after which the task is ended by force. */
  readonly timeLimit?: number;
  /** Seconds after which the task's signal aborts. */
  readonly softTimeLimit?: number;
  readonly ignoreResult?: boolean;
  /** Store errors although results are ignored. */
  readonly storeErrorsEvenIfIgnored?: boolean;
  readonly serializer?: string;
  readonly compression?: string;
  /** Acknowledge after the task has run instead of just before: a crash then runs it again. */
  readonly acksLate?: boolean;
  /** Give the message back when the executor died, although `acksLate` would acknowledge. */
  readonly rejectOnWorkerLost?: boolean;
  /** With `acksLate`: acknowledge failed and timed-out tasks. Default true. */
  readonly acksOnFailureOrTimeout?: boolean;
  /** With `acksLate`: acknowledge failed tasks; `false` rejects. */
  readonly acksOnFailure?: boolean | null;
  /** With `acksLate`: acknowledge timed-out tasks; `false` gives them back. */
  readonly acksOnTimeout?: boolean | null;
  /** Report the state STARTED. */
  readonly trackStarted?: boolean;
  /** `false` switches the check of the number of arguments off. */
  readonly typing?: boolean;
  /** Seconds after which a call that has not begun expires. */
  readonly expires?: number;
  readonly priority?: number;
  readonly queue?: string;
  readonly exchange?: string;
  /** Type of the exchange: with it, it is declared. */
  readonly exchangeType?: string;
  readonly routingKey?: string;
  readonly deliveryMode?: DeliveryMode;
  /** As the call option of that name. */
  readonly mandatory?: boolean;
  /** Emit events for this task. Default true. */
  readonly sendEvents?: boolean;
  /** Record tasks sent by this one as its children. Default true. */
  readonly trail?: boolean;
  /** Longest text of a result in logs and events. Default 1024. */
  readonly resultreprMaxsize?: number;
}

/** Options with every default filled in. */
export interface ResolvedTaskOptions {
  readonly maxRetries: number | null;
  readonly defaultRetryDelay: number;
  readonly retryBackoff: number | false;
  readonly retryBackoffMax: number;
  readonly retryJitter: boolean;
  readonly rateLimit: string | number | null;
  readonly timeLimit: number | undefined;
  readonly softTimeLimit: number | undefined;
  readonly ignoreResult: boolean;
  readonly storeErrorsEvenIfIgnored: boolean;
  readonly serializer: string;
  readonly compression: string | undefined;
  readonly acksLate: boolean;
  readonly rejectOnWorkerLost: boolean;
  readonly acksOnFailure: boolean;
  readonly acksOnTimeout: boolean;
  readonly trackStarted: boolean;
  readonly sendEvents: boolean;
  readonly trail: boolean;
  readonly resultreprMaxsize: number;
}
