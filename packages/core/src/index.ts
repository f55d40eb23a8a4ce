export { createApp } from "./app/create-app.ts";
export type { App } from "./app/app.ts";
export type { AppOptions } from "./app/app-options.ts";
export type { UserOption, UserOptions, UserOptionScope } from "./app/user-options.ts";
export type { PeriodicEntry, PeriodicTaskOptions } from "./app/periodic-tasks.ts";
export type { CommandOptions, CommandRegistry } from "./control/command-registry.ts";
export type {
  ArgumentType,
  ArgumentValue,
  CommandArguments,
  CommandContext,
  CommandedWorker,
  CommandHandler,
  CommandSpec,
  RegisteredCommand,
} from "./control/command-spec.ts";
export type { AddConsumerOptions, Control, TerminateOptions } from "./control/control.ts";
export type { BroadcastOptions, ControlOptions } from "./control/control-options.ts";
export type { Answers, Inspect, InspectOptions, ScheduledInfo, TaskInfo } from "./control/inspect.ts";
export { Signature } from "./canvas/signature.ts";
export { chain } from "./canvas/chain.ts";
export { chord } from "./canvas/chord.ts";
export type { Chord } from "./canvas/chord.ts";
export { chunks } from "./canvas/chunks.ts";
export type { Chunks } from "./canvas/chunks.ts";
export { group } from "./canvas/group.ts";
export type { Group } from "./canvas/group.ts";
export { starmap, xmap } from "./canvas/map.ts";
export { signatureFromJson } from "./canvas/signature-from-json.ts";
export type { StampingVisitor, StampOptions, Stamps, VisitorStamps } from "./canvas/stamping.ts";
export type { AnySignature, SignatureLike, SignatureOf } from "./canvas/signature-of.ts";
export type { Settings } from "./conf/settings.ts";
export { breakpoint } from "./debugging/breakpoint.ts";
export {
  ChordError,
  ChordsUnsupportedError,
  CycleError,
  IncompleteStreamError,
  InvalidCanvasError,
  InvalidTaskError,
  MaxRetriesExceededError,
  MessageTooLargeError,
  NotRegisteredError,
  RemoteTaskError,
  SyncSubtaskError,
  TaskArgumentsError,
  TaskRevokedError,
  UnboundSignatureError,
  UnroutableError,
} from "./errors.ts";
export type { AppEvents } from "./events/app-events.ts";
export type { EventBus, Unsubscribe } from "./events/event-bus.ts";
export type {
  ExecuteMiddleware,
  Middleware,
  PublishContext,
  PublishMiddleware,
} from "./events/middleware.ts";
export type { SignatureJson } from "./protocol/embed.ts";
export type { ErrorClass } from "./protocol/stored-error.ts";
export { resultFromTuple } from "./results/result-from-tuple.ts";
export { DependencyGraph } from "./results/dependency-graph.ts";
export type { GraphFormat } from "./results/dependency-graph.ts";
export { GroupResult } from "./results/group-result.ts";
export type { Collected, GraphOptions } from "./results/result-graph.ts";
export { ResultSet } from "./results/result-set.ts";
export type { MemberEnd, Progress } from "./results/result-set.ts";
export type { WaitOptions } from "./results/wait-limit.ts";
export type { ResultHandle } from "./results/result-handle.ts";
export type { AsyncResult } from "./results/async-result.ts";
export type { GetOptions, JoinOptions } from "./results/wait-limit.ts";
export type { EagerResult } from "./results/eager-result.ts";
export {
  EXCEPTION_STATES,
  PROPAGATE_STATES,
  READY_STATES,
  statePrecedence,
  UNREADY_STATES,
} from "./results/states.ts";
export type { BuiltinState } from "./results/states.ts";
export type { RoutedCall, RouteResult, RouterFunction, TaskRoutes } from "./routing/router.ts";
export type { QueueSpec } from "./routing/queue-table.ts";
export type { CallOptions } from "./tasks/call-options.ts";
export type { KwargsTask } from "./tasks/kwargs-task.ts";
export { defineTask } from "./tasks/define-task.ts";
export type { DefineTask } from "./tasks/define-task.ts";
export { remoteTask } from "./tasks/remote-task.ts";
export type { RemoteTask, RemoteTaskOptions } from "./tasks/remote-task.ts";
export type { RetryOptions } from "./tasks/retry.ts";
export type { StandardSchema } from "./tasks/standard-schema.ts";
export { Ignore, Reject, Retry } from "./tasks/steering.ts";
export { TaskBase } from "./tasks/task-base.ts";
export { currentTask } from "./tasks/task-context.ts";
export type { TaskContext } from "./tasks/task-context.ts";
export type { ClassTask, Task, TaskCalls } from "./tasks/task.ts";
export type { TaskOptions } from "./tasks/task-options.ts";
export type { DeliveryInfo, TaskRequest } from "./tasks/task-request.ts";
export { Broadcast, Exchange, Queue } from "@q/messaging/entities";
export {
  QError,
  SoftTimeLimitExceeded,
  Terminated,
  TimeLimitExceeded,
  TimeoutError,
  WorkerLostError,
} from "@q/kernel";
