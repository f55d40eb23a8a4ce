import { type Requirement, rabbitVhost, startRedis, tempFolder } from "../harness/index.ts";

/** A broker of its own for one test file. */
export interface OpenBroker extends AsyncDisposable {
  readonly url: string;
  /** Settings that its workers and clients need. */
  readonly settings: { readonly brokerTransportOptions?: Readonly<Record<string, unknown>> };
}

/** A kind of broker that the recovery tests run on. */
export interface BrokerKind {
  readonly name: string;
  readonly needs: readonly Requirement[];
  readonly open: () => Promise<OpenBroker>;
}

/** Seconds until Redis gives back what a killed worker held. */
const VISIBILITY_TIMEOUT = 2;

export const brokers: readonly BrokerKind[] = [
  {
    name: "SQLite",
    needs: [],
    async open() {
      const folder = await tempFolder("broker");
      const dispose = async (): Promise<void> => folder[Symbol.asyncDispose]();
      return { url: `sqlite:///${folder.path}/q.db`, settings: {}, [Symbol.asyncDispose]: dispose };
    },
  },
  {
    name: "Redis",
    needs: ["redis"],
    async open() {
      const server = await startRedis();
      const settings = { brokerTransportOptions: { visibility_timeout: VISIBILITY_TIMEOUT } };
      return { url: server.url, settings, [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose]() };
    },
  },
  {
    name: "RabbitMQ",
    needs: ["rabbitmq"],
    async open() {
      const vhost = await rabbitVhost();
      return {
        url: vhost.url,
        settings: {},
        [Symbol.asyncDispose]: async () => vhost[Symbol.asyncDispose](),
      };
    },
  },
];
