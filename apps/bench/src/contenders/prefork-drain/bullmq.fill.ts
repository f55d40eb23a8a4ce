import { fillJobs } from "../shared/bull.ts";

await fillJobs();
