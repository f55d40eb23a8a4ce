import { spawn } from "node:child_process";
import type { Writable } from "node:stream";

// Reads "+pid", "-pid", "+/folder" and "-/folder"; when its input ends, however this process died, it kills
// the process groups and removes the folders still on the list.
const program = String.raw`
/^\+\//  { folders[substr($0, 2)] = 1; next }
/^-\//   { delete folders[substr($0, 2)]; next }
/^\+/    { groups[substr($0, 2)] = 1; next }
/^-/     { delete groups[substr($0, 2)] }
END      {
  for (id in groups) system("kill -KILL -" id " 2>/dev/null")
  for (folder in folders) system("rm -rf '" folder "'")
}`;

let reaper: Writable | undefined;

function tell(line: string): void {
  if (reaper === undefined) {
    // Detached: Ctrl-C reaches our whole process group, and the reaper has to outlive it.
    const child = spawn("awk", [program], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.unref();
    reaper = child.stdin;
    (reaper as Writable & { unref?: () => void }).unref?.();
    reaper.on("error", () => {});
  }
  reaper.write(`${line}\n`);
}

/**
 * Makes sure that a process group or a folder does not outlive this process, even when it is SIGKILLed.
 * Call the returned function once the thing is gone. `target` is the id of a process group or an absolute path.
 */
export function reap(target: number | string): () => void {
  tell(`+${target}`);
  return () => tell(`-${target}`);
}
