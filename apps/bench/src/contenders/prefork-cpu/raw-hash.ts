import { hash } from "./hash.ts";

process.on("message", (count: number) => {
  for (let n = 0; n < count; n++) hash();
  process.send?.("done");
});
process.send?.("ready");
