/**
 * Where a compiled entry file of this package is. Node 20 runs no TypeScript, and `new URL("./x.ts")` is not rewritten
 * by the compiler: when this file runs from source, the entry is that of the build.
 */
export function entryUrl(path: string): URL {
  const isBuilt = import.meta.url.endsWith(".js");
  return new URL(isBuilt ? `../${path}.js` : `../../dist/${path}.js`, import.meta.url);
}
