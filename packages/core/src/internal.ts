/** Parts of core for the packages of Q that run tasks; not covered by the promises of the public surface. */
export { isoFormat, parseIsoTime } from "./protocol/iso-time.ts";
export { errorRepr, pythonRepr, pythonReprTuple } from "./protocol/python-repr.ts";
export { ErrorReviver, storeError } from "./protocol/stored-error.ts";
export type { Embed, TaskBody } from "./protocol/embed.ts";
export {
  type Execution,
  executeTask,
  hasHandlers,
  isOneOf,
  outcomeOf,
  runHandlers,
} from "./tasks/execute.ts";
export { callDirectly, plainArity } from "./tasks/direct-call.ts";
export { unknownTask } from "./tasks/task.ts";
export { runInContext, TaskContext } from "./tasks/task-context.ts";
export { TaskRequest } from "./tasks/task-request.ts";
export type { ResolvedTaskOptions } from "./tasks/task-options.ts";
export { sendSignature } from "./app/send-signature.ts";
export { messageKey, type Once, ONCE_HEADER, onceOf, withOnce } from "./canvas/once.ts";
export { QueueTable } from "./routing/queue-table.ts";
export { overlayOptions } from "./routing/router.ts";
export { effectiveBrokerUrl, effectiveResultBackend } from "./conf/effective-urls.ts";
export { traceRun } from "./tracing/task-channels.ts";
export { censor } from "./conf/censor.ts";
export { DEFAULT_CONFIG_MODULE, loadDefaultConfig } from "./conf/default-config.ts";
export { findModuleFile, loadModule, pickExport, splitSpecifier } from "./conf/load-module.ts";
export { oldNames } from "./conf/old-names.ts";
export { symbolByName } from "./conf/symbol-by-name.ts";
