import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";

/** Names one thread of one process on one machine, so that others can see whether it lives. */
export interface ProcessIdentity {
  /** Machine, boot and process-id namespace: where a `pid` means something. */
  readonly machine: string;
  readonly pid: number;
  /** When the process started, so that a reused pid is not taken for it; empty where the system does not tell. */
  readonly started: string;
  /** 0 for the main thread. */
  readonly thread: number;
}

let own: ProcessIdentity | undefined;

/** This thread of this process. */
export function ownIdentity(): ProcessIdentity {
  own ??= {
    machine: thisMachine(),
    pid: process.pid,
    started: startOf(process.pid)?.started ?? "",
    thread: threadId,
  };
  return own;
}

/**
 * Whether that thread lives; `unknown` when only its lease can tell: it is on another machine or in another
 * container, it is a worker thread, or this system does not tell when a process started.
 */
export function livenessOf(identity: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (identity.machine !== thisMachine()) return "unknown";
  if (!respondsToSignals(identity.pid)) return "dead";
  const process = startOf(identity.pid);
  if (process === undefined || identity.started === "") return "unknown";
  if (process.isZombie || process.started !== identity.started) return "dead";
  return identity.thread === 0 ? "alive" : "unknown";
}

function respondsToSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** @see proc(5), /proc/pid/stat: the fields after the name, which may itself hold spaces and parentheses */
function startOf(pid: number): { readonly started: string; readonly isZombie: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const started = fields[19];
    return started === undefined ? undefined : { started, isZombie: fields[0] === "Z" || fields[0] === "X" };
  } catch {
    return undefined;
  }
}

let machine: string | undefined;

function thisMachine(): string {
  machine ??= [
    hostname(),
    attempt(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    attempt(() => readlinkSync("/proc/self/ns/pid")),
  ].join(" ");
  return machine;
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
