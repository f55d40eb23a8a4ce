import type { App } from "@q/core";
import { asError } from "@q/kernel";
import type { EventState, TaskState } from "@q/core/events";
import { Screen, type Terminal } from "./screen.ts";
import { taskDetails } from "./task-details.ts";
import { listedTasks, roomFor, taskPage } from "./task-table.ts";
import { TextPage } from "./text-page.ts";

/** A question at the bottom of the screen, and what is done with its answer. */
interface Prompt {
  readonly question: string;
  answer: string;
  readonly onAnswer: (answer: string) => void;
}

/** What a {@link Monitor} shows, and where. */
export interface MonitorParts {
  readonly state: EventState;
  readonly terminal: Terminal;
  readonly color: boolean;
  /** What is looked at: app and broker. */
  readonly title: string;
  readonly quit: () => void;
}

const KEY = {
  down: "\u001b[B",
  up: "\u001b[A",
  pageDown: "\u001b[6~",
  pageUp: "\u001b[5~",
  interrupt: "\u0003",
  escape: "\u001b",
} as const;

/**
 * The screen of `q events`: the newest tasks, the workers, and keys that look closer or give commands.
 *
 * Shows the *list*; `i`, `t` and `r` open a *page* of text, which scrolls, and which any other key closes; `l` asks
 * with a *prompt*, which Enter or Escape closes.
 *
 * @see celery/events/cursesmon.py
 */
export class Monitor implements Disposable {
  readonly #app: App;
  readonly #parts: MonitorParts;
  readonly #screen: Screen;
  #selected: string | undefined;
  #page: TextPage | undefined;
  #prompt: Prompt | undefined;
  #note = "";
  #trouble = "";

  constructor(app: App, parts: MonitorParts) {
    this.#app = app;
    this.#parts = parts;
    this.#screen = new Screen(parts.terminal, { color: parts.color });
  }

  [Symbol.dispose](): void {
    this.#screen[Symbol.dispose]();
  }

  /** Says why there may be no events, until the empty text says that there are. */
  set trouble(text: string) {
    this.#trouble = text;
  }

  draw(): void {
    const { columns, rows } = this.#screen;
    if (this.#page) return this.#screen.draw(this.#page.lines(rows));
    const page = taskPage({
      state: this.#parts.state,
      nowMs: this.#app.clock.now(),
      columns,
      rows,
      selected: this.#selected,
      title: this.#parts.title,
      trouble: this.#trouble,
      note: this.#prompt ? `${this.#prompt.question} ${this.#prompt.answer}_` : this.#note,
    });
    this.#screen.draw(page.lines, page.selected);
  }

  /** Takes what was typed: one key, or a sequence such as that of an arrow. */
  key(typed: string): void {
    if (typed === KEY.interrupt) return this.#parts.quit();
    if (this.#prompt) this.#typeInto(this.#prompt, typed);
    else if (this.#page) this.#turn(this.#page, typed);
    else this.#command(typed);
    this.draw();
  }

  #command(typed: string): void {
    const steps = this.#steps(typed);
    if (steps !== undefined) return this.#move(steps);
    const task = this.#task();
    switch (typed) {
      case "i":
        return this.#show(task, "Info", taskDetails);
      case "t":
        return this.#show(task, "Traceback", (of) => lines(of.traceback ?? of.exception ?? "There is none."));
      case "r":
        return this.#show(task, "Result", (of) =>
          lines(of.result ?? of.exception ?? `None yet: ${of.state}`),
        );
      case "c":
        return this.#on(task, ({ uuid }) =>
          this.#tell(`revoke ${uuid}`, () => this.#app.revoke([uuid], { terminate: true })),
        );
      case "l":
        return this.#on(task, (of) => this.#askForRate(of));
      case "q":
        return this.#parts.quit();
    }
  }

  /** How far a key moves; `undefined` for one that does not. */
  #steps(typed: string): number | undefined {
    const page = roomFor(this.#screen.rows);
    if (typed === "j" || typed === KEY.down) return 1;
    if (typed === "k" || typed === KEY.up) return -1;
    if (typed === KEY.pageDown) return page;
    return typed === KEY.pageUp ? -page : undefined;
  }

  #turn(page: TextPage, typed: string): void {
    const steps = this.#steps(typed);
    if (steps === undefined) this.#page = undefined;
    else page.scroll(steps, this.#screen.rows);
  }

  #task(): TaskState | undefined {
    return this.#selected === undefined ? undefined : this.#parts.state.tasks.get(this.#selected);
  }

  #move(by: number): void {
    const tasks = listedTasks(this.#parts.state);
    const at = tasks.findIndex((task) => task.uuid === this.#selected);
    const to = at < 0 ? 0 : Math.max(0, Math.min(at + by, tasks.length - 1));
    this.#selected = tasks[to]?.uuid;
  }

  /** Does something with the selected task. */
  #on(task: TaskState | undefined, deed: (task: TaskState) => void): void {
    if (task === undefined) this.#note = "select a task with j and k first";
    else deed(task);
  }

  #show(task: TaskState | undefined, what: string, text: (task: TaskState) => readonly string[]): void {
    this.#on(task, (of) => {
      this.#page = new TextPage(`${what}: ${of.name} ${of.uuid}`, text(of));
    });
  }

  #askForRate(task: TaskState): void {
    const name = task.name ?? "";
    this.#prompt = {
      question: `new rate limit of ${name}, such as 10/m, 0 for none:`,
      answer: "",
      onAnswer: (rate) =>
        this.#tell(`rate limit ${name} ${rate}`, () => this.#app.control.rateLimit(name, rate)),
    };
  }

  #typeInto(prompt: Prompt, typed: string): void {
    if (typed === "\r" || typed === "\n") {
      this.#prompt = undefined;
      if (prompt.answer !== "") prompt.onAnswer(prompt.answer);
    } else if (typed === KEY.escape) this.#prompt = undefined;
    else if (typed === "\u007f" || typed === "\b") prompt.answer = prompt.answer.slice(0, -1);
    else if (/^[\w./]+$/.test(typed)) prompt.answer += typed;
  }

  /** Gives a command to the workers and says how that went. */
  #tell(what: string, send: () => Promise<unknown>): void {
    this.#note = `${what} …`;
    void this.#send(what, send);
  }

  async #send(what: string, send: () => Promise<unknown>): Promise<void> {
    try {
      await send();
      this.#note = `${what}: sent`;
    } catch (thrown) {
      this.#note = `${what}: ${asError(thrown).message}`;
    }
    this.draw();
  }
}

const lines = (text: string): string[] => text.split("\n");
