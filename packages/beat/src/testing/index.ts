export { storeContract } from "./store-contract.ts";
export type { OpenBeatStore, StoreCase } from "./store-contract.ts";
