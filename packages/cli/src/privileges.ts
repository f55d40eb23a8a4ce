import { EXIT, UsageError } from "./errors.ts";

/** Who a program runs as. */
export interface Privileges {
  readonly uid?: string | number | null | undefined;
  readonly gid?: string | number | null | undefined;
  /** A number, or octal text such as `022`. */
  readonly umask?: string | number | null | undefined;
}

/** Takes on another user, group and umask, where they are given. @throws {UsageError} when this user may not */
export function takePrivileges({ uid, gid, umask }: Privileges): void {
  try {
    if (umask !== null && umask !== undefined)
      process.umask(typeof umask === "number" ? umask : Number.parseInt(umask, 8));
    // The group first: who has given up root may not change it any more.
    if (gid !== null && gid !== undefined) process.setgid?.(idOf(gid));
    if (uid !== null && uid !== undefined) process.setuid?.(idOf(uid));
  } catch (error) {
    throw new UsageError(`cannot run as user ${uid ?? "(same)"}, group ${gid ?? "(same)"}`, {
      cause: error,
      exitCode: EXIT.noPermission,
    });
  }
}

const idOf = (id: string | number): string | number => (/^\d+$/.test(String(id)) ? Number(id) : id);
