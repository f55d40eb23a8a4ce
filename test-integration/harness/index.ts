/** Disposable parts for tests against real services. See the README of this folder's parent. */
export { type PythonAppOptions, celeryVenv, pythonFolder } from "./celery-venv.ts";
export { ChildProgram, type Exit, type LineMatch, type ProgramOptions, jsonLine } from "./child-program.ts";
export { FaultProxy, type CutTrigger, type ProxyOptions, startProxy } from "./fault-proxy.ts";
export { freePort } from "./free-port.ts";
export { type Ledger, type LedgerEntry, LedgerReport, openLedger, recordEntry } from "./ledger.ts";
export { type NodeProcessOptions, nodeProcess } from "./node-process.ts";
export type { CutMode, Direction } from "./proxy-link.ts";
export {
  PythonCallError,
  PythonClient,
  type PythonError,
  type PythonResult,
  type PythonSent,
  type RawMessage,
  pythonCall,
  pythonClient,
} from "./python-client.ts";
export { type PythonWorkerOptions, pythonWorker } from "./python-worker.ts";
export { RabbitNode, type RabbitNodeOptions, startRabbit } from "./rabbit-node.ts";
export { RedisServer, type RedisServerOptions, startRedis } from "./redis-server.ts";
export { type Requirement, requires } from "./requires.ts";
export { type SeededRandom, seededRandom } from "./seeded-random.ts";
export { rabbitVhost, sharedRabbitUrl, sharedRedisUrl } from "./shared-services.ts";
export { type SqlServer, startMariadb, startPostgres } from "./sql-servers.ts";
export { suiteResource } from "./suite-resource.ts";
export { type TempFolder, tempFolder } from "./temp-folder.ts";
export { uniqueName } from "./unique-name.ts";
export { type WaitOptions, waitUntil } from "./wait-until.ts";
