export { backendContract } from "./backend-contract.ts";
export { unmetBackendNeeds } from "./backend-harness.ts";
export type {
  BackendContractCase,
  BackendHarness,
  BackendNeed,
  ClientOptions,
  OpenBackend,
} from "./backend-harness.ts";
export { backendContext } from "../open-backend.ts";
