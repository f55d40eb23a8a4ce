export { createRpcBackend } from "./rpc-backend.ts";
