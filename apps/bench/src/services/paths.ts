import { fileURLToPath } from "node:url";

/** The folder of this package, from `src/services` as from `dist/services`. */
export const packageRoot: string = fileURLToPath(new URL("../..", import.meta.url));
