import { userInfo } from "node:os";
import { EXIT, UsageError } from "./errors.ts";

/** Who a program runs as. */
export interface Privileges {
  readonly uid?: string | number | null | undefined;
  /** Default the main group of `uid`. */
  readonly gid?: string | number | null | undefined;
  /** A number, or octal text such as `022`. */
  readonly umask?: string | number | null | undefined;
}

/**
 * Takes on another user, group and umask, where they are given. Of a user it takes the groups as well: those of root
 * would be as good as root.
 *
 * @throws {UsageError} when this user may not, or the other does not exist, or the umask is none
 */
export function takePrivileges({ uid, gid, umask }: Privileges): void {
  if (umask !== null && umask !== undefined) process.umask(maskOf(umask));
  try {
    const user = idOf(uid);
    // Groups first: who has given up root may not change them any more.
    const group = idOf(gid) ?? (user === undefined ? undefined : mainGroupOf(user));
    if (group !== undefined) process.setgid?.(group);
    if (user === undefined) return;
    if (isRoot() && group !== undefined) takeGroups(user, group);
    process.setuid?.(user);
  } catch (error) {
    throw new UsageError(`cannot run as user ${uid ?? "(same)"}, group ${gid ?? "(same)"}`, {
      cause: error,
      exitCode: EXIT.noPermission,
    });
  }
}

/** Whether this program may do anything. */
export const isRoot = (): boolean => process.geteuid?.() === 0;

/** Node asks the list of users about nobody but the user that it is. */
function mainGroupOf(user: string | number): number | undefined {
  if (!isRoot()) return undefined;
  process.seteuid?.(user);
  try {
    return userInfo().gid;
  } finally {
    process.seteuid?.(0);
  }
}

/** Types of Node do not know `initgroups`. A user without a name is in no other group. */
function takeGroups(user: string | number, group: string | number): void {
  const { initgroups } = process as { initgroups?: (user: string | number, group: string | number) => void };
  try {
    initgroups?.(user, group);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_CREDENTIAL" || typeof user === "string")
      throw error;
    process.setgroups?.([group]);
  }
}

function maskOf(umask: string | number): number {
  if (typeof umask === "number") return umask;
  if (/^[0-7]{1,4}$/.test(umask)) return Number.parseInt(umask, 8);
  throw new UsageError(`the umask is written in octal, such as 022, not "${umask}"`);
}

function idOf(id: string | number | null | undefined): string | number | undefined {
  if (id === null || id === undefined) return undefined;
  return /^\d+$/.test(String(id)) ? Number(id) : id;
}
