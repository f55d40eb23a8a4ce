/** Parts of remote control for the worker and the command line; not covered by the promises of the public surface. */
export { inspectorAddress, openInspector } from "../debugging/open-inspector.ts";
export { builtinCommands } from "./builtin-commands.ts";
export { openPidbox } from "./control-link.ts";
export {
  recordedRevocations,
  recordRevoked,
  recordsRevocations,
  revokeExpiresSeconds,
  stampTexts,
} from "./revocations.ts";
