export { contractExecute } from "./contract-jobs.ts";
export type { ContractPayload } from "./contract-jobs.ts";
export { poolContract, unmetPoolNeeds } from "./pool-contract.ts";
export type { OpenPool, PoolContractCase, PoolNeed } from "./pool-contract.ts";
