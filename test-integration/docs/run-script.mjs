// Runs a shell script with this process's environment and ends as it does.
import { spawnSync } from "node:child_process";

const { status } = spawnSync("sh", process.argv.slice(2), { stdio: ["ignore", "inherit", "inherit"] });
process.exitCode = status ?? 1;
