import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive } from "@q/kernel";
import type { ClusterNode } from "./cluster-node.ts";

/** Where a cluster says what it does. */
export interface ClusterOutput {
  /** For everybody who did not ask for quiet. */
  readonly note: (line: string) => void;
  /** Only with `--verbose`. */
  readonly info: (line: string) => void;
  /** Colours a word by what it means. */
  readonly paint: (text: string, color: "blue" | "green" | "magenta" | "red") => string;
}

/** Pause between two looks at processes that are to end. */
const LOOK_MS = 100;
/** A line about those that still run. */
const REPORT_EVERY_LOOKS = 20;

/** Several workers of this machine, each a process of its own that a pid file names. */
export class Cluster {
  readonly nodes: readonly ClusterNode[];
  readonly #output: ClusterOutput;

  constructor(nodes: readonly ClusterNode[], output: ClusterOutput) {
    this.nodes = nodes;
    this.#output = output;
  }

  /** Starts every node, all at the same time. False when one failed. */
  async start(): Promise<boolean> {
    this.#output.note("> Starting nodes...");
    const started = this.nodes.map((node) => this.#startOne(node));
    let isWell = true;
    for (const [at, node] of this.nodes.entries()) {
      const code = (await started[at]) ?? 1;
      this.#output.note(`\t> ${node.name}: ${this.#status(code)}`);
      isWell &&= code === 0;
    }
    return isWell;
  }

  /** Signals every node. With `wait` it returns when all have ended; there is no limit, as a task may take its time. */
  async stop({ signal, wait }: { signal: NodeJS.Signals; wait: boolean }): Promise<void> {
    const running = this.nodes.filter((node) => {
      if (node.isAlive) return true;
      this.#down(node);
      return false;
    });
    if (running.length === 0) return;
    this.#output.note(this.#output.paint("> Stopping nodes...", "blue"));
    const pids = new Map(running.map((node) => [node, node.pid]));
    const waited = running.filter((node) => this.#signal(node, signal));
    if (wait) await this.#ended(waited, pids);
  }

  /** Ends every node at once: what it runs is lost, or delivered again. */
  kill(): void {
    for (const node of this.nodes) {
      if (!node.isAlive) this.#down(node);
      else {
        this.#output.note(`Sending KILL to node ${node.name} (${node.pid})`);
        node.send("SIGKILL");
      }
    }
  }

  /** Stops every node, waits for its end, and starts it again; those that were down start, too. False when one failed. */
  async restart(signal: NodeJS.Signals): Promise<boolean> {
    await this.stop({ signal, wait: true });
    const started = this.nodes.map((node) => this.#startOne(node));
    let isWell = true;
    for (const [at, node] of this.nodes.entries()) {
      const code = (await started[at]) ?? 1;
      const what = this.#output.paint(`> Restarting node ${node.name}: `, "blue");
      this.#output.note(`${what}${this.#status(code)}`);
      isWell &&= code === 0;
    }
    return isWell;
  }

  async #startOne(node: ClusterNode): Promise<number> {
    this.#output.info(`  ${node.command.join(" ")}`);
    return node.start((line) => this.#output.note(line));
  }

  #signal(node: ClusterNode, signal: NodeJS.Signals): boolean {
    this.#output.note(`\t> ${node.name}: ${signal.replace(/^SIG/, "")} -> ${node.pid}`);
    if (node.send(signal)) return true;
    this.#output.note(`Could not signal ${node.name} (${node.pid}): No such process`);
    return false;
  }

  async #ended(
    nodes: readonly ClusterNode[],
    pids: ReadonlyMap<ClusterNode, number | undefined>,
  ): Promise<void> {
    const left = new Set(nodes);
    for (let look = 0; left.size > 0; look++) {
      if (look % REPORT_EVERY_LOOKS === 0) {
        const which = [...left].map((node) => pids.get(node)).join(", ");
        const line = `> Waiting for ${left.size} ${left.size === 1 ? "node" : "nodes"} -> ${which}...`;
        this.#output.note(this.#output.paint(line, "blue"));
      }
      for (const node of left) {
        const pid = pids.get(node);
        // Not by its pid file, which goes a moment before the process does.
        if (pid !== undefined && isProcessAlive(pid)) continue;
        left.delete(node);
        this.#output.note(`\t> ${node.name}: ${this.#output.paint("OK", "green")}`);
      }
      if (left.size > 0) await sleep(LOOK_MS);
    }
  }

  #down(node: ClusterNode): void {
    this.#output.note(`> ${node.name}: ${this.#output.paint("DOWN", "magenta")}`);
  }

  #status(code: number): string {
    return code === 0 ? this.#output.paint("OK", "green") : this.#output.paint("FAILED", "red");
  }
}
