import type { EventState, TaskState } from "@q/core/events";
import type { Line, Style } from "./screen.ts";

/** Lines above and below the list of tasks. */
const FRAME_LINES = 7;
/** Tasks that the list goes through. */
const MAX_TASKS = 1000;
const WIDTHS = { time: 8, state: 9 } as const;
const WHOLE_UUID = 36;
const SHORT_UUID = 9;
const MAX_WORKER = 24;

const STATE_STYLES: Readonly<Record<string, Style>> = {
  SUCCESS: "green",
  FAILURE: "red",
  REJECTED: "red",
  REVOKED: "magenta",
  RETRY: "yellow",
  STARTED: "cyan",
};

/** What the list shows. */
export interface TaskTableView {
  readonly state: EventState;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** Id of the selected task. */
  readonly selected: string | undefined;
  /** What is looked at: app and broker. */
  readonly title: string;
  /** Why there may be no events; empty when all is well. */
  readonly trouble: string;
  /** A line about the last command. */
  readonly note: string;
}

/** Lines of the list on a screen of so many. */
export const roomFor = (rows: number): number => Math.max(1, rows - FRAME_LINES);

/** The tasks of the list, the newest first. */
export function listedTasks(state: EventState): TaskState[] {
  return [...state.tasksByTime({ limit: MAX_TASKS })].filter((task) => task.name !== undefined);
}

/** The page with the list of tasks, and which of its lines is selected. */
export function taskPage(view: TaskTableView): { readonly lines: Line[]; readonly selected: number } {
  const { state, columns, rows, nowMs, title, trouble, note } = view;
  const room = roomFor(rows);
  const tasks = listedTasks(state);
  const at = tasks.findIndex((task) => task.uuid === view.selected);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), tasks.length - room));
  const shown = tasks.slice(from, from + room);
  const widths = widthsFor(columns);
  const blank = Array.from({ length: room - shown.length }, () => "");
  return {
    lines: [
      header(title, trouble, columns),
      [{ text: row(HEADINGS, widths), style: "bold" }],
      ...shown.map((task) => taskLine(task, widths)),
      ...blank,
      "",
      ...summary(state, nowMs),
      note,
      [{ text: KEYS, style: "dim" }],
    ],
    selected: at < 0 ? -1 : at - from + 2,
  };
}

const KEYS = "j/k:move i:info t:traceback r:result c:revoke l:rate limit ^c/q:quit";

function header(title: string, trouble: string, columns: number): Line {
  const left = ` ${title}`;
  if (trouble === "") return [{ text: left.padEnd(columns), style: "inverse" }];
  return [
    { text: `${left}  `, style: "inverse" },
    { text: ` ${trouble}`, style: "red" },
  ];
}

function summary(state: EventState, nowMs: number): string[] {
  const workers = [...state.workers.values()];
  const alive = workers.filter((worker) => worker.isAlive(nowMs));
  const active = alive.reduce((sum, worker) => sum + (worker.active ?? 0), 0);
  const names = alive.map((worker) => worker.hostname).join(", ");
  return [
    `Workers online: ${alive.length}/${workers.length} ${names}`,
    `Info: events:${state.eventCount} tasks:${state.taskCount} types:${state.taskTypes().length} running:${active}`,
  ];
}

type Cells = Readonly<Record<"uuid" | "name" | "worker" | "time" | "state", string>>;
type Widths = Readonly<Record<"uuid" | "name" | "worker", number>>;

const HEADINGS: Cells = { uuid: "UUID", name: "TASK", worker: "WORKER", time: "TIME", state: "STATE" };

/** The state is always to be seen; ids are the first to be shortened, then the names of workers. */
function widthsFor(columns: number): Widths {
  const free = columns - WIDTHS.time - WIDTHS.state - 4;
  const uuid = free >= WHOLE_UUID + 2 * MAX_WORKER ? WHOLE_UUID : SHORT_UUID;
  const worker = Math.max(0, Math.min(MAX_WORKER, Math.floor((free - uuid) / 2)));
  return { uuid, worker, name: Math.max(0, free - uuid - worker) };
}

function taskLine(task: TaskState, widths: Widths): Line {
  const { uuid, name = "", state, timestamp } = task;
  const worker = task.worker?.hostname ?? task.client ?? "";
  const left = row({ uuid, name, worker, time: clockTime(timestamp), state: "" }, widths);
  return [{ text: left }, { text: cell(state, WIDTHS.state), style: STATE_STYLES[state] }];
}

function row({ uuid, name, worker, time, state }: Cells, widths: Widths): string {
  const cells = [cell(uuid, widths.uuid), cell(name, widths.name), cell(worker, widths.worker)];
  return [...cells, cell(time, WIDTHS.time), state].join(" ");
}

/** Texts that are too long keep both of their ends. */
function cell(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width);
  if (width < 3) return text.slice(0, width);
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** The time of day, of this computer. */
export function clockTime(seconds: number | undefined): string {
  if (seconds === undefined) return "";
  const time = new Date(seconds * 1000);
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
}
