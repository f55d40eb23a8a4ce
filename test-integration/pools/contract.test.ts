import { ProcessPool, ThreadPool } from "@q/pool";
import { contractExecutor, poolContract, unmetPoolNeeds } from "@q/pool/testing";
import { describe, expect, it } from "vitest";

const pools = {
  processes: (size: number, parts = {}) =>
    new ProcessPool({ size, executor: contractExecutor, execArgv: [], ...parts }),
  threads: (size: number, parts = {}) =>
    new ThreadPool({ size, executor: contractExecutor, execArgv: [], ...parts }),
};

describe.each(Object.entries(pools))("a pool of %s", (name, make) => {
  const { capabilities } = make(1);
  for (const { title, needs, run } of poolContract) {
    const unmet = unmetPoolNeeds(needs, capabilities);
    it.skipIf(unmet.length > 0)(`contract: ${title}`, () => run(({ size }) => make(size)));
    // The same promises hold when executors share themselves between jobs. Sizes are those of slots then.
    const isAboutSlots = needs.includes("resizable") || /one slot|as it has slots|counts|waiting/.test(title);
    it.skipIf(name === "threads" || unmet.length > 0 || isAboutSlots)(
      `contract, with jobs sent ahead: ${title}`,
      () => run(({ size }) => make(size, { strategy: "default" })),
    );
  }

  it("says what it can do", () => {
    expect(capabilities).toMatchObject({ kill: true, concurrent: true, resizable: true });
  });
});
