import { measureJobs } from "../shared/bull.ts";

await measureJobs(async () => null, 100);
