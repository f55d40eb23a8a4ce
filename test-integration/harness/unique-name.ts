import { randomBytes } from "node:crypto";

/** `label` plus ten random characters: a queue, key or node name that no other test uses. */
export function uniqueName(label = "test"): string {
  return `${label}-${randomBytes(5).toString("hex")}`;
}
