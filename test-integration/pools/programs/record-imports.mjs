// For `node --import`: appends the URL of each module that a process loads to a file of its own in the folder `IMPORTS`.
import { register } from "node:module";

const hook = `
  import { appendFileSync } from "node:fs";
  export async function load(url, context, next) {
    appendFileSync(process.env.IMPORTS + "/" + process.pid, url + "\\n");
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
