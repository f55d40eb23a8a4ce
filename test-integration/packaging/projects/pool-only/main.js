import { createPool } from "@q/pool";

const answers = {};
for (const kind of ["processes", "threads", "solo"]) {
  const pool = await createPool({ kind, module: new URL("./jobs.js", import.meta.url), size: 2 });
  answers[kind] = [await pool.map("square", [1, 2, 3]), await pool.run("name")];
  if (kind !== "solo")
    await pool.run("spin", [], { hardLimitMs: 200 }).catch(({ code }) => answers[kind].push(code));
  await pool.close();
}
console.log(JSON.stringify(answers));
