import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const packages = ["kernel", "messaging", "pool", "beat", "backends", "core", "worker", "cli"];

export default defineConfig({
  // Tests run on the TypeScript source of every package, not on its build.
  resolve: { conditions: ["@q/source"] },
  // Not "import": vitest hands these on to Node, where a require of a package with two builds would then get the wrong one.
  ssr: { resolve: { conditions: ["@q/source", "node", "module-sync"] } },
  test: {
    passWithNoTests: true,
    // Vitest leaves one core to itself, which would leave half of two cores idle: tests wait for servers most of the time.
    maxWorkers: Math.max(2, availableParallelism()),
    // Upper limits for a machine that does other things at the same time, here and below: who waits sees what it waits for.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    // Without `extends: true` a project does not see the conditions above.
    projects: [
      ...packages.map((name) => ({
        extends: true as const,
        test: { name, include: [`packages/${name}/src/**/*.test.ts`] },
      })),
      {
        extends: true as const,
        test: { name: "apps", include: ["apps/*/src/**/*.test.ts"] },
      },
      {
        extends: true as const,
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["packages/*/src/**/*.test-d.ts"],
            tsconfig: "./tsconfig.test-d.json",
          },
        },
      },
      {
        extends: true as const,
        test: { name: "integration", include: ["test-integration/**/*.test.ts"] },
      },
    ],
  },
});
