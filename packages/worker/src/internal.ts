/** Parts of the worker for the programs that run one; not covered by the promises of the public surface. */
export { importTasks, loadApp, prepareModule } from "./app-module/load-app.ts";
export { TaskOutput } from "./executor/task-output.ts";
export { openInspectors } from "./debugging/open-inspectors.ts";
export { stackReport } from "./debugging/stack-report.ts";
