import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type IntervalHistogram, monitorEventLoopDelay } from "node:perf_hooks";
import { ImproperlyConfiguredError } from "@q/kernel";
import type { Worker } from "../worker.ts";
import { WorkerMetrics } from "./worker-metrics.ts";

/** Where a worker answers questions about its health. */
export interface MonitorAddress {
  /** 0 for any that is free. */
  readonly port: number;
  /** Default all addresses of the machine. */
  readonly host?: string | undefined;
}

/** A loop that is held up for longer than this between two probes is not alive. */
const MAX_LAG_MS = 10_000;
const NANOSECONDS = 1e6;

/**
 * Answers probes and scrapes over HTTP: `/live` (the event loop turns, the worker has not ended), `/ready` (messages
 * can come), `/metrics` (Prometheus). It changes nothing, and has no access control: keep it inside your network.
 */
export class MonitorServer implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #metrics: WorkerMetrics;
  readonly #server: Server;
  #hasEnded = false;
  #port = 0;
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: 20 });

  private constructor(worker: Worker, metrics: WorkerMetrics) {
    this.#worker = worker;
    this.#metrics = metrics;
    this.#server = createServer((request, response) => {
      void this.#answer(request.method === "HEAD" || request.method === "GET" ? request.url : "", response);
    });
    this.#lag.enable();
    const ended = (): void => void (this.#hasEnded = true);
    worker.stopped.then(ended, ended);
  }

  /** @throws {ImproperlyConfiguredError} when the port cannot be had */
  static async open(worker: Worker, { port, host }: MonitorAddress): Promise<MonitorServer> {
    const monitor = new MonitorServer(worker, await WorkerMetrics.create(worker));
    try {
      await new Promise<void>((resolve, reject) => {
        monitor.#server.once("error", reject).listen(port, host, resolve);
      });
      monitor.#port = (monitor.#server.address() as AddressInfo).port;
      return monitor;
    } catch (error) {
      await monitor[Symbol.asyncDispose]();
      throw new ImproperlyConfiguredError(
        `the worker cannot answer HTTP on port ${port}: ${(error as Error).message}. Choose another --http-port.`,
        { cause: error },
      );
    }
  }

  /** The port it answers on. */
  get port(): number {
    return this.#port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lag.disable();
    this.#metrics[Symbol.dispose]();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(url: string | undefined, response: ServerResponse): Promise<void> {
    switch (url?.split("?")[0]) {
      case "/live":
        return this.#live(response);
      case "/ready":
        return this.#ready(response);
      case "/metrics":
        return this.#scrape(response);
      default:
        return send(response, 404, { error: "there are /live, /ready and /metrics" });
    }
  }

  /** A loop that stands still does not answer at all; one that limps is told by its longest pause since the last time. */
  #live(response: ServerResponse): void {
    const lagMs = Math.round(this.#lag.max / NANOSECONDS);
    this.#lag.reset();
    const isLive = lagMs < MAX_LAG_MS && !this.#hasEnded;
    send(response, isLive ? 200 : 503, { status: isLive ? "live" : "stuck", lagMs });
  }

  #ready(response: ServerResponse): void {
    const worker = this.#worker;
    const isUp = worker.consumer?.session?.isLive ?? false;
    const status = worker.isStopping ? "stopping" : isUp ? "ready" : "waiting for the broker";
    send(response, status === "ready" ? 200 : 503, { status, hostname: worker.hostname });
  }

  async #scrape(response: ServerResponse): Promise<void> {
    try {
      const text = await this.#metrics.text();
      response.writeHead(200, { "content-type": this.#metrics.contentType }).end(text);
    } catch (err) {
      this.#worker.logger.error({ err }, "metrics could not be collected");
      send(response, 500, { error: "metrics could not be collected" });
    }
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
