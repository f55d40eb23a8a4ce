import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reap } from "./reaper.ts";

/** A folder below the system's temporary one; removed on dispose and when this process dies. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
}

/** Creates an empty {@link TempFolder}; `label` shows in its name. */
export async function tempFolder(label = "test"): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), `q-${label}-`));
  const release = reap(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 });
      release();
    },
  };
}
