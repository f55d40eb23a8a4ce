import { serveJobs } from "../shared/bull.ts";

await serveJobs();
