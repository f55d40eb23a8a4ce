import type { TaskRequest } from "../tasks/task-request.ts";

/** What an app reports; each event of a task carries its request as the worker received it. */
export interface AppEvents {
  /** A task message was published. */
  "task:sent": {
    readonly id: string;
    readonly name: string;
    readonly queue: string | undefined;
    readonly routingKey: string;
  };
  /** A worker took a task message. */
  "task:received": { readonly request: TaskRequest };
  /** It has not begun and went back to its queue: the worker stops, or is busy with longer tasks than it expected. */
  "task:returned": { readonly request: TaskRequest };
  "task:started": { readonly request: TaskRequest };
  "task:succeeded": {
    readonly request: TaskRequest;
    readonly result: unknown;
    readonly runtimeSeconds: number;
  };
  "task:failed": { readonly request: TaskRequest; readonly error: Error };
  "task:retried": { readonly request: TaskRequest; readonly reason: Error };
  "task:revoked": {
    readonly request: TaskRequest;
    readonly expired: boolean;
    readonly terminated: boolean;
    /** Number of the signal that ended it. */
    readonly signum?: number;
  };
  "task:rejected": { readonly request: TaskRequest; readonly requeue: boolean };
  /** A message named a task that is not registered. */
  "task:unknown": { readonly name: string; readonly id: string };
  /** A message could not be used: malformed, refused, undecodable, invalid. */
  "message:discarded": { readonly error: Error; readonly queue: string; readonly id: string | undefined };
  /** A `worker-online`, `worker-heartbeat` or `worker-offline` was sent. */
  "worker:heartbeat": { readonly hostname: string; readonly type: string };
  /** Another worker of the fleet was heard for the first time, said good-bye, or fell silent. */
  "node:join": { readonly hostname: string };
  "node:leave": { readonly hostname: string };
  "node:lost": { readonly hostname: string };
  /** In a process or thread of a worker's pool, once it has imported the app: the place to open what tasks share. */
  "executor:started": ExecutorEvent;
  /** There, before a planned end. Not when it is killed. */
  "executor:stopping": ExecutorEvent;
  "worker:ready": { readonly hostname: string };
  /** A command of `q` begins, with the values of the app's own options; not sent when it has none for that command. */
  "options:parsed": {
    readonly command: string;
    readonly options: Readonly<Record<string, string | number | boolean | undefined>>;
  };
  /** A shutdown was asked for. */
  "worker:stopping": { readonly hostname: string; readonly how: "warm" | "cold" };
  "worker:stopped": { readonly hostname: string };
  /** A beat sends periodic tasks, or waits for its turn; embedded in a worker, by `-B`. */
  "beat:started": { readonly embedded: boolean };
  "connection:up": { readonly url: string };
  "connection:lost": { readonly url: string; readonly error: Error };
}

/** A process or thread that runs tasks. */
export interface ExecutorEvent {
  /** Node name of its worker. */
  readonly hostname: string;
  /** Its number in the pool, from 0; a replacement has that of the one before. */
  readonly index: number;
  readonly pid: number;
}
