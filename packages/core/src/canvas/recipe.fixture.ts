import type { App } from "../app/app.ts";
import { optionsFromWire } from "../protocol/signature-options.ts";
import { chain } from "./chain.ts";
import { chord } from "./chord.ts";
import { chunks } from "./chunks.ts";
import { group } from "./group.ts";
import { starmap, xmap } from "./map.ts";
import type { Signature } from "./signature.ts";

/** How a recorded workflow was built, as data: Celery built it with its own operators, we build it with ours. */
export interface Recipe {
  /** A task: its name, args, kwargs, options; `i` immutable. */
  readonly t?: string;
  readonly a?: readonly unknown[];
  readonly k?: Readonly<Record<string, unknown>>;
  readonly o?: Readonly<Record<string, unknown>>;
  readonly i?: boolean;
  readonly pipe?: readonly Recipe[];
  readonly chain?: readonly Recipe[];
  readonly group?: readonly Recipe[];
  readonly chord?: readonly Recipe[];
  readonly body?: Recipe;
  readonly xmap?: Recipe;
  readonly xstarmap?: Recipe;
  readonly chunks?: Recipe;
  readonly it?: readonly unknown[];
  readonly n?: number;
  readonly link?: readonly Recipe[];
  readonly link_error?: readonly Recipe[];
  readonly set?: Readonly<Record<string, unknown>>;
}

type Loose = Signature<readonly unknown[], never>;

/** The workflow of a recipe. */
export function build(recipe: Recipe, app: App): Signature {
  let signature = bare(recipe, app);
  for (const callback of recipe.link ?? []) signature = signature.link(build(callback, app));
  for (const errback of recipe.link_error ?? []) signature = signature.linkError(build(errback, app));
  return recipe.set ? signature.set(optionsFromWire(recipe.set)) : signature;
}

function bare(recipe: Recipe, app: App): Signature {
  const all = (recipes: readonly Recipe[]): Loose[] => recipes.map((one) => build(one, app) as Loose);
  const items = (recipe.it ?? []) as readonly unknown[][];
  if (recipe.pipe) return all(recipe.pipe).reduce((left, right) => left.pipe(right) as Loose) as Signature;
  if (recipe.chain) return chain(all(recipe.chain)) as Signature;
  if (recipe.group) return group(all(recipe.group)) as unknown as Signature;
  if (recipe.chord) return chord(all(recipe.chord), build(recipe.body as Recipe, app)) as Signature;
  if (recipe.xmap) return xmap(build(recipe.xmap, app), items) as Signature;
  if (recipe.xstarmap) return starmap(build(recipe.xstarmap, app), items) as Signature;
  if (recipe.chunks)
    return chunks(build(recipe.chunks, app), items, recipe.n as number) as unknown as Signature;
  const { t = "", a = [], k = {}, o = {}, i = false } = recipe;
  return app.signature(t, a, { kwargs: k, immutable: i, ...optionsFromWire(o) });
}
