export type { ControlRequest, NodeReply, NodeSelection, ReplyTo } from "./control-message.ts";
export { matchesName } from "./name-match.ts";
export { Pidbox } from "./pidbox.ts";
export type { PidboxOptions } from "./pidbox.ts";
export { PidboxClient } from "./pidbox-client.ts";
export type { PidboxCall, PidboxClientOptions } from "./pidbox-client.ts";
export { PidboxNode } from "./pidbox-node.ts";
export type { PidboxNodeOptions } from "./pidbox-node.ts";
export type { ReplyInboxOptions } from "./reply-inbox.ts";
