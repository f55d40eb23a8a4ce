import type { JournalReader } from "../journal/journal.ts";
import { decodeFrame, type Frame } from "../transfer/frame.ts";
import type { FromExecutor } from "./protocol.ts";

/** What an executor says: in frames, or in its journal before its frame has come. Everything is handed out once. */
export class Inbox {
  readonly #journal: JournalReader;
  #frames = 0;
  /** Messages of the next frames that were read in the journal. */
  #foreseen = 0;

  constructor(journal: JournalReader) {
    this.#journal = journal;
  }

  /** A frame has come; what of it is new. */
  take(frame: Frame): readonly FromExecutor[] {
    this.#frames++;
    const messages = decodeFrame(frame) as FromExecutor[];
    if (this.#foreseen === 0) return messages;
    const known = Math.min(this.#foreseen, messages.length);
    this.#foreseen -= known;
    return messages.slice(known);
  }

  /** What is in no frame yet. */
  foresee(): readonly FromExecutor[] {
    const records = this.#journal.records(this.#frames);
    const messages = records.flatMap((head) => decodeFrame({ head, blobs: [] }) as FromExecutor[]);
    const news = messages.slice(this.#foreseen);
    this.#foreseen += news.length;
    return news;
  }
}
