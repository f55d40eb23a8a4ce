// `npm test`: everything that CI runs, on a machine that may have nothing but Node and npm.
import { bootstrap, run } from "./bootstrap.mjs";

bootstrap();
// Not through `pnpm check`: pnpm adds a line of its own after the summary when it fails.
if (!run(process.execPath, "scripts/check.mjs")) process.exitCode = 1;
