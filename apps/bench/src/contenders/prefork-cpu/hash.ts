import { pbkdf2Sync } from "node:crypto";

/** Some 10 ms of work for a CPU. */
export function hash(): string {
  return pbkdf2Sync("password", "salt", 50_000, 32, "sha256").toString("hex");
}
