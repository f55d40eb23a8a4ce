import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChildProgram } from "./child-program.ts";
import { freePort } from "./free-port.ts";
import { type TempFolder, tempFolder } from "./temp-folder.ts";

const run = promisify(execFile);

/** A private database server on a random port that asks for no password, gone with its data when it is disposed. */
export interface SqlServer extends AsyncDisposable {
  /** URL of its first database. */
  readonly url: string;
}

/** The folder of PostgreSQL's programs: Debian keeps them off the PATH. */
export function postgresPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return versions
    .map((version) => join(debian, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
}

/** Starts a PostgreSQL; takes about two seconds. */
export async function startPostgres(): Promise<SqlServer> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error("PostgreSQL is not installed.");
  return startServer("postgres", async (folder, port) => {
    const data = join(folder, "data");
    await asUser("postgres", folder, [
      join(programs, "initdb"),
      ...["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale", "C"],
    ]);
    const options = [
      `port=${port}`,
      "listen_addresses=127.0.0.1",
      `unix_socket_directories=${folder}`,
      "fsync=off",
    ];
    return {
      command: [join(programs, "postgres"), "-D", data, ...options.flatMap((option) => ["-c", option])],
      user: "postgres",
      ready: /ready to accept connections/,
      url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    };
  });
}

/** Starts a MariaDB; takes about two seconds. */
export async function startMariadb(): Promise<SqlServer> {
  return startServer("mariadb", async (folder, port) => {
    const data = join(folder, "data");
    await asUser("mysql", folder, [
      ...["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal"],
      ...["--skip-test-db", `--datadir=${data}`],
    ]);
    return {
      command: [
        ...["mariadbd", "--no-defaults", `--datadir=${data}`, `--port=${port}`, "--bind-address=127.0.0.1"],
        ...[`--socket=${join(folder, "socket")}`, "--innodb-flush-log-at-trx-commit=0"],
      ],
      user: "mysql",
      ready: /ready for connections/,
      url: `mysql://root@127.0.0.1:${port}/mysql`,
    };
  });
}

interface Launch {
  readonly command: readonly string[];
  readonly user: string;
  readonly ready: RegExp;
  readonly url: string;
}

async function startServer(
  name: string,
  prepare: (folder: string, port: number) => Promise<Launch>,
): Promise<SqlServer> {
  const folder: TempFolder = await tempFolder(name);
  let program: ChildProgram | undefined;
  const dispose = async (): Promise<void> => {
    await program?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  try {
    const { command, user, ready, url } = await prepare(folder.path, await freePort());
    const [file = "", ...args] = asCommandOf(user, command);
    program = new ChildProgram({ name, command: file, args });
    await program.waitFor(ready, { timeoutMs: 30_000 });
    return { url, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Database servers refuse to run as root. */
function asCommandOf(user: string, command: readonly string[]): readonly string[] {
  return process.getuid?.() === 0
    ? ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...command]
    : command;
}

async function asUser(user: string, folder: string, command: readonly string[]): Promise<void> {
  if (process.getuid?.() === 0) await run("chown", [user, folder]);
  else await chmod(folder, 0o700);
  const [file = "", ...args] = asCommandOf(user, command);
  await run(file, args, { cwd: folder });
}
