import { measureImport } from "../shared/import-time.ts";

await measureImport(() => import("bullmq"));
