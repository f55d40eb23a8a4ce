import type { TransportCapabilities, TransportConnection } from "../contracts.ts";

/** What a contract case works with: one broker, with names that no other case uses. Disposing it cleans up. */
export interface TransportHarness extends AsyncDisposable {
  readonly capabilities: TransportCapabilities;
  /** A new connection each time. The case disposes it. */
  connect(): Promise<TransportConnection>;
  /** A queue or exchange name of this harness alone. Dispose may delete everything of these names. */
  uniqueName(prefix: string): string;
  /** Puts bytes into an existing queue as a foreign or broken program would, past our envelope. */
  injectRaw?(queue: string, raw: Buffer): Promise<void>;
}

/** Makes a fresh harness for one case. */
export type OpenTransport = () => Promise<TransportHarness>;

/** Names of what a case can ask of a transport; a runner skips, by name, what its transport does not have. */
export type TransportNeed =
  | "topic"
  | "fanout"
  | "priorities"
  | "durable"
  | "multiProcess"
  | "deliveryCount"
  | "exactPrefetch"
  | "returnsUnmarked"
  | "messageTtl"
  | "deadLetter"
  | "injectRaw";

/** One promise of the contract, for any test runner: `it(title, () => run(open))`. */
export interface ContractCase<TOpen> {
  readonly title: string;
  /** What the transport must have for this case; see {@link unmetNeeds}. */
  readonly needs?: readonly TransportNeed[];
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (open: TOpen) => Promise<void>;
}

/** The needs of a case that a harness does not meet: empty means that the case applies. */
export function unmetNeeds(
  needs: readonly TransportNeed[] | undefined,
  harness: Pick<TransportHarness, "capabilities" | "injectRaw">,
): TransportNeed[] {
  return (needs ?? []).filter((need) => !isMet(need, harness));
}

function isMet(need: TransportNeed, harness: Pick<TransportHarness, "capabilities" | "injectRaw">): boolean {
  const { capabilities } = harness;
  if (need === "injectRaw") return harness.injectRaw !== undefined;
  if (need === "topic" || need === "fanout") return capabilities.exchangeTypes.includes(need);
  if (need === "priorities") return capabilities.priorities !== "none";
  return capabilities[need];
}
