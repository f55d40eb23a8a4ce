import type { BackendCapabilities, ResultBackend } from "../contracts.ts";

/** How a client of a contract case differs from the ordinary. */
export interface ClientOptions {
  /** Default: no case waits that long. */
  readonly expiresSeconds?: number | null;
}

/** What a contract case works with: one store, with task ids that no other case uses. Disposing it cleans up. */
export interface BackendHarness extends AsyncDisposable {
  readonly capabilities: BackendCapabilities;
  /** A new backend each time, as another process would have it, with the json serializer. The case disposes it. */
  connect(options?: ClientOptions): Promise<ResultBackend>;
  /** Lets so much time pass for the store: on its fake clock, or really. Left out by stores that cannot expire results in a test. */
  passTime?(ms: number): Promise<void>;
  /** Puts bytes where the result of a task is kept, past our own format. */
  injectRaw?(taskId: string, raw: Buffer): Promise<void>;
}

/** Makes a fresh harness for one case. */
export type OpenBackend = () => Promise<BackendHarness>;

/** Names of what a case can ask of a backend; a runner skips, by name, what its backend does not have. */
export type BackendNeed = "shared" | "push" | "expiry" | "cleanup" | "injectRaw" | "chords";

/** One promise of the contract, for any test runner: `it(title, () => run(open))`. */
export interface BackendContractCase {
  readonly title: string;
  /** What the backend must have for this case; see {@link unmetBackendNeeds}. */
  readonly needs?: readonly BackendNeed[];
  /** Rejects with an `AssertionError` when the promise is broken. */
  readonly run: (open: OpenBackend) => Promise<void>;
}

/** The needs of a case that a harness does not meet: empty means that the case applies. */
export function unmetBackendNeeds(
  needs: readonly BackendNeed[] | undefined,
  harness: Pick<BackendHarness, "capabilities" | "passTime" | "injectRaw">,
): BackendNeed[] {
  return (needs ?? []).filter((need) => !isMet(need, harness));
}

function isMet(
  need: BackendNeed,
  harness: Pick<BackendHarness, "capabilities" | "passTime" | "injectRaw">,
): boolean {
  switch (need) {
    case "shared":
    case "push":
      return harness.capabilities[need];
    case "chords":
      return harness.capabilities.chords === "native";
    case "expiry":
      return harness.passTime !== undefined;
    case "cleanup":
      return harness.passTime !== undefined && !harness.capabilities.autoExpire;
    case "injectRaw":
      return harness.injectRaw !== undefined;
  }
}
