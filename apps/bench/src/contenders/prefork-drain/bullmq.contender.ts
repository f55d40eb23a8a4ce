import { measureJobs } from "../shared/bull.ts";

await measureJobs(new URL("bullmq-processor.js", import.meta.url), 4);
