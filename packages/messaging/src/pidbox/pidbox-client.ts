import { randomUUID } from "node:crypto";
import { deferred, sleep } from "@q/kernel";
import type { Producer } from "../producer.ts";
import { type NodeReply, type NodeSelection, requestBody } from "./control-message.ts";
import type { Pidbox } from "./pidbox.ts";
import { ReplyInbox, type ReplyInboxOptions } from "./reply-inbox.ts";

/** What a {@link PidboxClient} works with. */
export interface PidboxClientOptions extends ReplyInboxOptions {
  readonly producer: () => Promise<Producer>;
}

/** How a command is sent. */
export interface PidboxCall extends NodeSelection {
  readonly arguments?: Readonly<Record<string, unknown>>;
  /** Wait for answers. Default false. */
  readonly reply?: boolean;
  /** Milliseconds without an answer after which the wait is over. Default 1000. */
  readonly timeoutMs?: number;
  /** Answers after which the wait is over; default the number of destinations, without destinations no limit. */
  readonly limit?: number | undefined;
  /** Called for each answer as it comes. */
  readonly onReply?: ((reply: NodeReply) => void) | undefined;
  /** Ends the wait with the answers that have come. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends commands to the nodes of a mailbox and collects their answers.
 *
 * @see kombu/pidbox.py, Mailbox._broadcast
 */
export class PidboxClient {
  readonly #pidbox: Pidbox;
  readonly #options: PidboxClientOptions;
  readonly #inbox: ReplyInbox;

  constructor(pidbox: Pidbox, options: PidboxClientOptions) {
    this.#pidbox = pidbox;
    this.#options = options;
    this.#inbox = new ReplyInbox(pidbox, options);
  }

  /**
   * Settles when the broker has the command or, with `reply`, when the wait for answers is over.
   *
   * @throws {PublishError} when the command could not be sent
   * @throws {ConnectionError} when the broker cannot be reached
   */
  async broadcast(method: string, call: PidboxCall = {}): Promise<readonly NodeReply[]> {
    if (!call.reply) {
      await this.#send(method, call, undefined);
      return [];
    }
    const ticket = randomUUID();
    const wait = new ReplyWait(this.#pidbox, call);
    return this.#inbox.listen(
      ticket,
      (reply) => wait.take(reply),
      async (queue) => {
        await this.#send(method, call, { ticket, queue });
        return wait.end();
      },
    );
  }

  /** Gives up what it has on the broker. */
  close(): Promise<void> {
    return this.#inbox.close();
  }

  async #send(
    method: string,
    call: PidboxCall,
    answer: { readonly ticket: string; readonly queue: string } | undefined,
  ): Promise<void> {
    const { logicalClock, clock } = this.#pidbox.options;
    const body = requestBody(method, {
      ...call,
      arguments: call.arguments ?? {},
      ticket: answer?.ticket,
      // The default exchange: a binding of ours would stay on the broker when this process is killed.
      replyTo: answer && { exchange: "", routingKey: answer.queue },
    });
    const expires = clock.now() / 1000 + (call.timeoutMs ?? 1000) / 1000;
    const headers = { clock: logicalClock.forward(), expires };
    const message = await this.#pidbox.message(body, { headers, deliveryMode: 2 });
    const { exchange } = this.#pidbox;
    const producer = await this.#options.producer();
    await producer.publish(message, { exchange: exchange.name, routingKey: "" }, { declare: [exchange] });
  }
}

/** Collects the answers of one call until they are all there, or none has come for a while. */
class ReplyWait {
  readonly #pidbox: Pidbox;
  readonly #call: PidboxCall;
  readonly #limit: number;
  readonly #replies: NodeReply[] = [];
  readonly #over = deferred<void>();
  #isWaiting = false;
  #isOver = false;
  #silence: AbortController | undefined;

  constructor(pidbox: Pidbox, call: PidboxCall) {
    this.#pidbox = pidbox;
    this.#call = call;
    this.#limit = call.limit ?? (call.destination?.length || Infinity);
  }

  take(reply: NodeReply): void {
    if (this.#isOver || this.#replies.length >= this.#limit) return;
    this.#replies.push(reply);
    this.#call.onReply?.(reply);
    if (this.#replies.length >= this.#limit) this.#over.resolve();
    else if (this.#isWaiting) this.#arm();
  }

  /** Resolves when the wait is over. */
  async end(): Promise<readonly NodeReply[]> {
    const { signal } = this.#call;
    const abort = (): void => this.#over.resolve();
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    this.#isWaiting = true;
    this.#arm();
    try {
      await this.#over.promise;
    } finally {
      this.#isOver = true;
      this.#silence?.abort();
      signal?.removeEventListener("abort", abort);
    }
    return this.#replies;
  }

  #arm(): void {
    this.#silence?.abort();
    const { signal } = (this.#silence = new AbortController());
    const { clock } = this.#pidbox.options;
    // A broker in memory has no connection that would keep the process alive meanwhile.
    void sleep(this.#call.timeoutMs ?? 1000, { clock, signal }).then(() => {
      if (!signal.aborted) this.#over.resolve();
    });
  }
}
