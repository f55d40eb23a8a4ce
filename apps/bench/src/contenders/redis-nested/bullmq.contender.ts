import { measureFlows } from "../shared/bull.ts";

await measureFlows((node) => {
  const children = Array.from({ length: 30 }, () => node);
  return Array.from({ length: 30 }, () => ({ ...node, children }));
});
