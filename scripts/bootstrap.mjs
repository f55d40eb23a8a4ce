// From a fresh clone to a built workspace, with nothing but Node and npm on the machine.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const pinned = manifest.packageManager.replace("pnpm@", "");
const localPnpm = join(root, ".cache", "pnpm");

/** Runs a program in the repository, its output on our terminal. Returns whether it succeeded. */
export function run(program, ...args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(`Could not start ${program}: ${error.message}`);
  return status === 0;
}

/** Installs dependencies with the pinned pnpm and builds every package; the right `pnpm` is on the PATH afterwards. */
export function bootstrap() {
  checkNode();
  if (!existsSync(join(root, "node_modules")))
    console.log("Installing what the repository needs and building it: about a minute, the first time only.");
  // The version is pinned: that there is a newer one is of no use here.
  process.env.npm_config_update_notifier = "false";
  if (pnpmVersion() !== pinned) useLocalPnpm();
  // A node_modules made by another pnpm is replaced without a question that nobody is there to answer.
  must("pnpm", "install", "--frozen-lockfile", "--config.confirm-modules-purge=false");
  must("pnpm", "exec", "tsc", "-b");
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Q needs Node ${manifest.engines.node}, this is ${process.version}. Install a newer Node and run this again.`,
  );
}

function pnpmVersion() {
  try {
    return execFileSync("pnpm", ["--version"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return undefined;
  }
}

function useLocalPnpm() {
  const binaries = join(localPnpm, "node_modules", ".bin");
  process.env.PATH = `${binaries}${delimiter}${process.env.PATH}`;
  if (existsSync(join(binaries, "pnpm")) && pnpmVersion() === pinned) return;
  must("npm", "install", "--no-audit", "--no-fund", "--prefix", localPnpm, `pnpm@${pinned}`);
}

function must(program, ...args) {
  if (!run(program, ...args)) fail(`\`${program} ${args.join(" ")}\` failed; its output is above.`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bootstrap();
