// `npm run demo -- <folder>`: the quickstart, from a fresh clone.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bootstrap, root, run } from "./bootstrap.mjs";

const program = join(root, "docs/examples/quickstart/main.ts");
if (!existsSync(program)) {
  console.error("The quickstart (docs/examples/quickstart/main.ts) is not in this checkout.");
  process.exit(1);
}
bootstrap();
if (!run("pnpm", "exec", "tsx", program, ...process.argv.slice(2))) process.exitCode = 1;
