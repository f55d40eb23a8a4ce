import { expectTypeOf, test } from "vitest";
import { createPool } from "./create-pool.ts";

interface Jobs {
  readonly add: (a: number, b: number) => Promise<number>;
  readonly now: () => string;
  readonly shout: (text?: string) => string;
  readonly version: string;
}

test("the functions of a module are called with their arguments", async () => {
  const pool = await createPool<Jobs>({ module: "jobs" });
  expectTypeOf(await pool.run("add", [1, 2])).toEqualTypeOf<number>();
  expectTypeOf(await pool.run("now")).toEqualTypeOf<string>();
  expectTypeOf(await pool.run("now", [], { hardLimitMs: 5 })).toEqualTypeOf<string>();
  expectTypeOf(await pool.run("shout")).toEqualTypeOf<string>();
  expectTypeOf(await pool.map("shout", ["a"])).toEqualTypeOf<string[]>();
  expectTypeOf(await pool.starmap("add", [[1, 2]])).toEqualTypeOf<number[]>();
  // @ts-expect-error -- arguments are missing
  await pool.run("add");
  // @ts-expect-error -- an argument is missing
  await pool.run("add", [1]);
  // @ts-expect-error -- not a function
  await pool.run("version");
});

test("without their types any function is called with anything", async () => {
  const pool = await createPool({ module: "jobs" });
  expectTypeOf(await pool.run("add", [1, "two"])).toEqualTypeOf<unknown>();
  expectTypeOf(await pool.map("now", [1])).toEqualTypeOf<unknown[]>();
});
