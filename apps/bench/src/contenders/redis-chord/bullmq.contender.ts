import { measureFlows } from "../shared/bull.ts";

await measureFlows((node) => Array.from({ length: 1000 }, () => node));
