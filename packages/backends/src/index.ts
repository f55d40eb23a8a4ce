export { BackendRegistry, createBackendRegistry } from "./backend-registry.ts";
export type { BackendRegistration } from "./backend-registry.ts";
export { parseBackendUrl } from "./backend-url.ts";
export { CHORD_CLAIM_MS } from "./chord-store.ts";
export type { ChordPart, ChordProgress, ChordStore } from "./chord-store.ts";
export type {
  BackendCapabilities,
  BackendContext,
  BackendFactory,
  ExtendedMeta,
  GroupStore,
  ReplyAddress,
  ResultBackend,
  ResultMeta,
  ResultTuple,
  RevocationKind,
  RevocationStore,
  StoredError,
  StoreOptions,
} from "./contracts.ts";
export { openBackend } from "./open-backend.ts";
export { isResultTuple } from "./saved-group.ts";
export { BackendGetError, BackendStoreError, NoBackendError, UnknownBackendError } from "./errors.ts";
export {
  decodeMeta,
  decodeStored,
  encodeMeta,
  metaFromWire,
  metaToWire,
  openPayloadFormat,
} from "./result-payload.ts";
export type { PayloadFormat } from "./result-payload.ts";
