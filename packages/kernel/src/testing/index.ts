export { FakeClock } from "./fake-clock.ts";
export { recordingLogger } from "./recording-logger.ts";
export type { LogLine, RecordingLogger } from "./recording-logger.ts";
