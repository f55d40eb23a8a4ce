import type { App } from "@q/core";
import { asError } from "@q/kernel";
import type { EventState, TaskState } from "@q/core/events";
import { Screen, type Terminal } from "./screen.ts";
import { taskPage, tasksOnPage } from "./task-table.ts";

/** What a page of text shows, above the list. */
interface TextPage {
  readonly title: string;
  readonly lines: readonly string[];
}

/** A question at the bottom of the screen, and what is done with its answer. */
interface Prompt {
  readonly question: string;
  answer: string;
  readonly onAnswer: (answer: string) => void;
}

/**
 * The screen of `q events`: the newest tasks, the workers, and keys that look closer or give commands.
 *
 * Shows the *list*; `i`, `t` and `r` open a *page* of text, which any key closes; `l` asks with a *prompt*, which Enter
 * or Escape closes.
 *
 * @see celery/events/cursesmon.py
 */
export class Monitor implements Disposable {
  readonly #app: App;
  readonly #state: EventState;
  readonly #screen: Screen;
  readonly #quit: () => void;
  #selected: string | undefined;
  #page: TextPage | undefined;
  #prompt: Prompt | undefined;
  #note = "";

  constructor(app: App, parts: { state: EventState; terminal: Terminal; quit: () => void }) {
    this.#app = app;
    this.#state = parts.state;
    this.#quit = parts.quit;
    this.#screen = new Screen(parts.terminal);
  }

  [Symbol.dispose](): void {
    this.#screen[Symbol.dispose]();
  }

  draw(): void {
    const { columns, rows } = this.#screen;
    if (this.#page) return this.#screen.draw([this.#page.title, "", ...this.#page.lines, "", "[any key]"]);
    const note = this.#prompt ? `${this.#prompt.question} ${this.#prompt.answer}_` : this.#note;
    const [state, nowMs, selected] = [this.#state, this.#app.clock.now(), this.#selected];
    const page = taskPage({ state, nowMs, columns, rows, selected, note });
    this.#screen.draw(page.lines, page.selected);
  }

  /** Takes what was typed: one key, or a sequence such as that of an arrow. */
  key(typed: string): void {
    if (typed === "\u0003") return this.#quit();
    if (this.#prompt) this.#typeInto(this.#prompt, typed);
    else if (this.#page) this.#page = undefined;
    else this.#command(typed);
    this.draw();
  }

  #command(typed: string): void {
    const task = this.#task();
    switch (typed) {
      case "j":
      case "\u001b[B":
        return this.#move(1);
      case "k":
      case "\u001b[A":
        return this.#move(-1);
      case "i":
        return this.#show(task, "Info", (of) => JSON.stringify(of, null, 2));
      case "t":
        return this.#show(task, "Traceback", (of) => of.traceback ?? of.exception ?? "There is none.");
      case "r":
        return this.#show(task, "Result", (of) => of.result ?? of.exception ?? `None yet: ${of.state}`);
      case "c":
        return (
          task && this.#tell(`revoke ${task.uuid}`, () => this.#app.revoke([task.uuid], { terminate: true }))
        );
      case "l":
        return task && this.#askForRate(task);
      case "q":
        return this.#quit();
    }
  }

  #task(): TaskState | undefined {
    return this.#selected === undefined ? undefined : this.#state.tasks.get(this.#selected);
  }

  #move(by: 1 | -1): void {
    const { rows } = this.#screen;
    const tasks = tasksOnPage({ state: this.#state, rows, selected: this.#selected });
    const at = tasks.findIndex((task) => task.uuid === this.#selected);
    this.#selected = (tasks[at + by] ?? tasks[at] ?? tasks[0])?.uuid;
  }

  #show(task: TaskState | undefined, what: string, text: (task: TaskState) => string): void {
    if (task === undefined) return void (this.#note = "select a task with j and k first");
    this.#page = { title: `${what}: ${task.name} ${task.uuid}`, lines: text(task).split("\n") };
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
    } else if (typed === "\u001b") this.#prompt = undefined;
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
