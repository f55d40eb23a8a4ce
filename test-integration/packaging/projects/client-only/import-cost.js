// What importing the package costs a process that has just started. With --modules: which files it loads.
import { register } from "node:module";

if (process.argv[2] === "--modules") {
  const hook = `
    import { writeSync } from "node:fs";
    export async function load(url, context, next) {
      writeSync(1, url + "\\n");
      return next(url, context);
    }`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  await import("@q/core");
} else {
  const started = performance.now();
  await import("@q/core");
  console.log(performance.now() - started);
}
