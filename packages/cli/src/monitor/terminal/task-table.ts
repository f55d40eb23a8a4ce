import type { EventState, TaskState } from "@q/core/events";

/** Lines above and below the list of tasks. */
const FRAME_LINES = 7;
const WIDTHS = { uuid: 36, worker: 20, time: 8, state: 9 } as const;

/** What the list shows. */
export interface TaskTableView {
  readonly state: EventState;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  /** Id of the selected task. */
  readonly selected: string | undefined;
  /** A line about the last command. */
  readonly note: string;
}

/** The tasks that fit on a page, the newest first, with the selected one among them. */
export function tasksOnPage({
  state,
  rows,
  selected,
}: Pick<TaskTableView, "state" | "rows" | "selected">): TaskState[] {
  const room = Math.max(1, rows - FRAME_LINES);
  const tasks = [...state.tasksByTime({ limit: 1000 })].filter((task) => task.name !== undefined);
  const at = tasks.findIndex((task) => task.uuid === selected);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), tasks.length - room));
  return tasks.slice(from, from + room);
}

/** The page with the list of tasks, and which of its lines is selected. */
export function taskPage(view: TaskTableView): { readonly lines: string[]; readonly selected: number } {
  const { state, columns, rows, nowMs } = view;
  const tasks = tasksOnPage(view);
  const head = row({ uuid: "UUID", name: "TASK", worker: "WORKER", time: "TIME", state: "STATE" }, columns);
  const body = tasks.map((task) =>
    row(
      {
        uuid: task.uuid,
        name: task.name ?? "",
        worker: task.worker?.hostname ?? task.client ?? "",
        time: clockTime(task.timestamp),
        state: task.state,
      },
      columns,
    ),
  );
  const blank = Array.from({ length: Math.max(0, rows - FRAME_LINES - body.length) }, () => "");
  const selected = tasks.findIndex((task) => task.uuid === view.selected);
  return {
    lines: [head, ...body, ...blank, "", ...summary(state, nowMs), view.note, KEYS],
    selected: selected < 0 ? -1 : selected + 1,
  };
}

const KEYS = "j/k:move i:info t:traceback r:result c:revoke l:rate limit ^c/q:quit";

function summary(state: EventState, nowMs: number): string[] {
  const workers = [...state.workers.values()];
  const alive = workers.filter((worker) => worker.isAlive(nowMs));
  const active = alive.reduce((sum, worker) => sum + (worker.active ?? 0), 0);
  const names = alive.map((worker) => worker.hostname).join(", ");
  return [
    `Workers online: ${alive.length}/${workers.length} ${names}`,
    `Info: events:${state.eventCount} tasks:${state.taskCount} types:${state.taskTypes().length} running:${active}`,
    "",
  ];
}

type Cells = Readonly<Record<"uuid" | "name" | "worker" | "time" | "state", string>>;

function row(cells: Cells, columns: number): string {
  const others = WIDTHS.uuid + WIDTHS.worker + WIDTHS.time + WIDTHS.state + 4;
  const name = Math.max(8, columns - others);
  return [
    cell(cells.uuid, WIDTHS.uuid),
    cell(cells.name, name),
    cell(cells.worker, WIDTHS.worker),
    cell(cells.time, WIDTHS.time),
    cell(cells.state, WIDTHS.state),
  ].join(" ");
}

/** Texts that are too long keep both of their ends. */
function cell(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width);
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}

function clockTime(seconds: number | undefined): string {
  return seconds === undefined ? "" : new Date(seconds * 1000).toISOString().slice(11, 19);
}
