import { deliveryCases } from "./cases/delivery-cases.ts";
import { messageCases } from "./cases/message-cases.ts";
import { prefetchCases } from "./cases/prefetch-cases.ts";
import { queueCases } from "./cases/queue-cases.ts";
import { routingCases } from "./cases/routing-cases.ts";
import { settlementCases } from "./cases/settlement-cases.ts";
import type { ContractCase, OpenTransport } from "./transport-harness.ts";

/**
 * What every `Channel` promises, as cases for any test runner. A case opens its own harness and disposes it.
 *
 * @example
 * for (const { title, needs, run } of channelContract) {
 *   it.skipIf(unmetNeeds(needs, harness).length > 0)(title, () => run(open));
 * }
 */
export const channelContract: readonly ContractCase<OpenTransport>[] = [
  ...deliveryCases,
  ...settlementCases,
  ...prefetchCases,
  ...messageCases,
  ...queueCases,
  ...routingCases,
];
