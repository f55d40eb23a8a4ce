// Programs from Debian, for machines (containers, CI) where we may install them.
import { spawnSync } from "node:child_process";

/** Whether `program` is on the PATH, or where Debian keeps its servers. */
export function isInstalled(program) {
  const found = spawnSync("sh", ["-c", `PATH="$PATH:/usr/sbin:/sbin" command -v ${program}`], {
    stdio: "ignore",
  });
  return found.status === 0;
}

/** Installs packages when we are root on a machine with apt. Returns whether they are installed now. */
export function aptInstall(...packages) {
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) return false;
  console.log(`Installing ${packages.join(", ")} from Debian…`);
  const options = {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  };
  const update = spawnSync("apt-get", ["update", "-q"], options);
  const install = spawnSync("apt-get", ["install", "-qy", "--no-install-recommends", ...packages], options);
  return update.status === 0 && install.status === 0;
}
