export { unmetPoolNeeds } from "./contract-case.ts";
export type { OpenPool, PoolContractCase, PoolNeed } from "./contract-case.ts";
export { contractExecutor, createExecutor } from "./contract-executor.ts";
export { contractExecute } from "./contract-jobs.ts";
export type { ContractPayload } from "./contract-jobs.ts";
export { poolContract } from "./pool-contract.ts";
