/** A call not yet sent, in the form in which it travels. Unknown keys of newer peers are kept. */
export interface SignatureJson {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Options of `applyAsync` under their wire names. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly subtask_type: string | null;
  readonly immutable: boolean;
  readonly [key: string]: unknown;
}

/** Third element of a task message's body: what follows the task. */
export interface Embed {
  /** Run after success, with the result in front of their arguments. */
  readonly callbacks: readonly SignatureJson[] | null;
  /** Run after failure. */
  readonly errbacks: readonly SignatureJson[] | null;
  /** Remaining tasks of a chain, in reverse: the next one is the last. */
  readonly chain: readonly SignatureJson[] | null;
  /** Body of the chord that the task is a header member of. */
  readonly chord: SignatureJson | null;
}

/** Body of a protocol 2 task message. */
export type TaskBody = readonly [
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
  embed: Embed,
];

export const EMPTY_EMBED: Embed = Object.freeze({
  callbacks: null,
  errbacks: null,
  chain: null,
  chord: null,
});
