import type { Missed } from "./misfires.ts";
import type { Run } from "./run.ts";

/** What a beat tells of itself. All are optional; one that throws is logged and otherwise ignored. */
export interface BeatListeners {
  /** The sender has taken a run. */
  readonly sent?: (run: Run) => void;
  /** Sending failed; it is tried again until the next occurrence of the entry is due. */
  readonly failed?: (run: Run, error: Error) => void;
  /** Occurrences that are not sent, by the policies of their entry or because sending failed too long. */
  readonly missed?: (name: string, missed: Missed) => void;
  /** An occurrence was left out because the run before it goes on. */
  readonly overlapped?: (name: string, at: Date) => void;
  /** This beat sends from now on. */
  readonly leading?: () => void;
  /** This beat does not send any more. */
  readonly following?: () => void;
}
