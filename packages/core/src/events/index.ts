export { EventDispatcher } from "./event-dispatcher.ts";
export type { EventDispatcherOptions, EventDispatcherStats } from "./event-dispatcher.ts";
export { EventReceiver } from "./event-receiver.ts";
export type { CaptureOptions, EventHandlers, EventReceiverOptions, ReceivedEvent } from "./event-receiver.ts";
export type { EventFields, EventMessage } from "../protocol/event-message.ts";
