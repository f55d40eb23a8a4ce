import { type Logger, sleep } from "@q/kernel";
import { type ChordProgress, type ChordStore, CHORD_CLAIM_MS } from "@q/backends";
import type { App } from "@q/core";

/** How often it is asked whether another attempt to settle a chord has come to an end. */
const POLL_MS = CHORD_CLAIM_MS / 20;
/** A claim is prolonged well before it lapses. */
const RENEW_MS = CHORD_CLAIM_MS / 4;

/** Asks again while another attempt holds the chord: it will end it, or has died. */
export async function untilClear(
  ask: () => Promise<ChordProgress>,
  { clock }: App,
): Promise<{ readonly progress: ChordProgress; readonly hasWaited: boolean }> {
  let progress = await ask();
  const hasWaited = progress === "taken";
  while (progress === "taken") {
    await sleep(POLL_MS, { clock });
    progress = await ask();
  }
  return { progress, hasWaited };
}

/** Who settles a chord. */
export interface Claim {
  readonly groupId: string;
  readonly attempt: string;
}

/** Keeps the claim while `settle` works; then, unless it found the chord not to be complete, the chord is over. */
export async function whileClaimed(
  { groupId, attempt }: Claim,
  { store, logger }: { readonly store: ChordStore; readonly logger: Logger },
  settle: () => Promise<boolean | void>,
): Promise<void> {
  const renewing = setInterval(() => {
    store.renew(groupId, attempt).catch((err: unknown) => {
      logger.warn({ err, groupId }, "the claim on a chord could not be prolonged");
    });
  }, RENEW_MS);
  try {
    if ((await settle()) !== false) await store.end(groupId);
  } finally {
    clearInterval(renewing);
  }
}
