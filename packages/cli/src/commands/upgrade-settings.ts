import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { oldNames } from "@q/core/internal";
import type { ArgumentsCamelCase, InferredOptionTypes } from "yargs";
import { EXIT, UsageError } from "../errors.ts";
import type { Io } from "../io.ts";

/** Options of `q upgrade settings`. */
export const upgradeSettingsOptions = {
  django: { type: "boolean", describe: "write names as CELERY_TASK_SERIALIZER, for a Django project" },
  compat: { type: "boolean", describe: "the other way: from the new names to the old" },
  "no-backup": { type: "boolean", describe: "keep no copy with the ending .orig" },
  json: { alias: "j", type: "boolean", describe: "print JSON" },
} as const;

/** The options of `q upgrade settings`, parsed. */
export type UpgradeSettingsArguments = ArgumentsCamelCase<InferredOptionTypes<typeof upgradeSettingsOptions>>;

/** Rewrites the names of settings from before Celery 4 in a file of any language. */
export async function runUpgradeSettings(
  args: UpgradeSettingsArguments & { file: string },
  io: Io,
): Promise<number> {
  const { file } = args;
  const before = readText(file);
  const found: { readonly from: string; readonly to: string }[] = [];
  const names = args.compat === true ? newToOld() : oldNames();
  const after = before.replaceAll(/\b[A-Za-z][A-Za-z0-9_]*\b/g, (word) => {
    const name = names.get(word);
    if (name === undefined) return word;
    const to = args.django === true ? `CELERY_${name.toUpperCase()}` : name;
    if (to !== word) found.push({ from: word, to });
    return to;
  });
  if (after !== before) {
    if (args.noBackup !== true) copyFileSync(file, `${file}.orig`);
    writeFileSync(file, after);
  }
  if (args.json === true) io.out(JSON.stringify({ file, changed: found }));
  else if (found.length === 0) io.out("Does not seem to require an upgrade.");
  else {
    for (const { from, to } of found) io.out(`${from} -> ${to}`);
    if (args.noBackup !== true) io.err(`The file as it was: ${file}.orig`);
  }
  return EXIT.ok;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read`, { cause: error });
  }
}

/** The first old name of each setting. */
function newToOld(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [old, name] of oldNames()) if (!names.has(name)) names.set(name, old);
  return names;
}
