import { main } from "@q/cli";
import { measureIdle } from "./idle.ts";

/** Runs `q -A <app> worker -P async` in this process, as its program does, and measures its idling once it is ready. */
export async function measureIdleCommand(app: URL): Promise<void> {
  await main(["-A", app.href, "worker", "-P", "async"], {
    env: process.env,
    out: () => {},
    err: (text) => {
      if (text.endsWith(" ready.")) void measureIdle();
      else console.error(text);
    },
    ask: async () => "",
    color: false,
  });
}
