import type { BackendContractCase } from "./backend-harness.ts";
import { chordCases } from "./cases/chord-cases.ts";
import { lifetimeCases } from "./cases/lifetime-cases.ts";
import { revocationCases } from "./cases/revocation-cases.ts";
import { storingCases } from "./cases/storing-cases.ts";
import { watchingCases } from "./cases/watching-cases.ts";

/**
 * What every `ResultBackend` promises, as cases for any test runner. A case opens its own harness and disposes it.
 *
 * @example
 * for (const { title, needs, run } of backendContract) {
 *   it.skipIf(unmetBackendNeeds(needs, harness).length > 0)(title, () => run(open));
 * }
 */
export const backendContract: readonly BackendContractCase[] = [
  ...storingCases,
  ...lifetimeCases,
  ...watchingCases,
  ...chordCases,
  ...revocationCases,
];
