import type { Logger } from "@q/kernel";
import type { NodeReply } from "@q/messaging";

/** Answers by node; two of one name are told to the log, and the later one counts. */
export function byNode(replies: readonly NodeReply[], logger: Logger): NodeReply {
  const nodes: Record<string, unknown> = {};
  for (const [node, answer] of replies.flatMap((reply) => Object.entries(reply))) {
    if (Object.hasOwn(nodes, node)) {
      logger.warn({ node }, "several workers answered by one name; give each a name of its own (-n)");
    }
    Object.defineProperty(nodes, node, { value: answer, enumerable: true, configurable: true });
  }
  return nodes;
}
