import type { StoredError } from "./contracts.ts";

/** The end of one member of a chord's header, as it is counted. */
export interface ChordPart {
  /** Id of the header's group. */
  readonly groupId: string;
  /** The member. It counts once, however often it ends. */
  readonly taskId: string;
  /** Place of its value among those that the body gets; `undefined` comes after all others. */
  readonly groupIndex: number | undefined;
  /** A state that is ready: SUCCESS, FAILURE or REVOKED. */
  readonly status: string;
  /** The value; `null` with an error. */
  readonly result: unknown;
  readonly error?: StoredError | undefined;
}

/**
 * What follows from a counted member.
 *
 * - `waiting`: nothing; others are missing, or somebody else settles the chord, or it is settled.
 * - `last`: the caller settles the chord: it sends the body or tells of the failure, then calls `end`. Until then the
 *   chord is *claimed* for some seconds, which `renew` prolongs.
 * - `taken`: this member was the last one before, and whoever was told so has not ended the chord: another delivery of
 *   the same message, which works on it or has died. Ask again a little later.
 */
export type ChordProgress = "waiting" | "last" | "taken";

/** How long a claim lasts unless it is renewed: so long does a chord wait when a worker dies while it settles it. */
export const CHORD_CLAIM_MS = 5000;

/**
 * Counts the members of chords. Every operation is one atomic step of the store and may be repeated.
 *
 * A chord is *open* until as many members have ended as it has; then *claimed* by one attempt; then *ended*, which is
 * remembered as long as results are. An attempt that dies loses its claim after {@link CHORD_CLAIM_MS}, and the next
 * delivery of a member takes it over. Neither can know how far the one before it has come: what they send is the same,
 * and {@link ChordStore.begin} tells the copies apart.
 *
 * @see wire: Redis chords
 */
export interface ChordStore {
  /** Says how many members there are. Until it is known no chord is complete, so it may come late. @throws {BackendStoreError} */
  setSize(groupId: string, size: number): Promise<void>;
  /** Makes the chord wait for one more member. @throws {BackendStoreError} */
  grow(groupId: string): Promise<void>;
  /**
   * Counts the end of a member. The first success stays; any other end is replaced by a later one. `attempt` names the
   * caller, anew for each delivery.
   *
   * @throws {EncodeError} when the serializer has no form for the value
   * @throws {BackendStoreError}
   */
  part(part: ChordPart, attempt: string): Promise<ChordProgress>;
  /**
   * Takes the chord away from its members, although it is not complete, to end it as failed: from now on only who asks
   * for this gets it. `waiting` when it has ended or is unknown; `taken` while another attempt holds it.
   *
   * @throws {BackendStoreError}
   */
  take(groupId: string, attempt: string): Promise<ChordProgress>;
  /**
   * Every member that has ended, in the order of the header. `undefined`, and the claim is gone, when it turns out that
   * a peer of another make has counted a member twice and others are missing.
   *
   * @throws {BackendGetError}
   */
  parts(groupId: string): Promise<readonly ChordPart[] | undefined>;
  /** Prolongs the claim of `attempt`. */
  renew(groupId: string, attempt: string): Promise<void>;
  /** The chord is settled: nothing is kept but that. */
  end(groupId: string): Promise<void>;
  /**
   * A message begins of which there may be copies, such as the body of a chord: false when a copy that was sent by
   * another attempt has begun before. Remembered as long as results are.
   *
   * @throws {BackendStoreError}
   */
  begin(key: string, attempt: string): Promise<boolean>;
  /** The attempt of which a copy has begun; `undefined` for none. @throws {BackendGetError} */
  begunBy(key: string): Promise<string | undefined>;
}
