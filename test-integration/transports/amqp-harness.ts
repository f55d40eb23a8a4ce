import { type Logger, silentLogger, systemClock } from "@q/kernel";
import { createAmqpTransport } from "@q/messaging/amqp";
import type {
  BrokerUrl,
  Channel,
  ConnectOptions,
  Delivery,
  Transport,
  TransportConnection,
  WireMessage,
} from "@q/messaging";
import type { TransportHarness } from "@q/messaging/testing";
import { uniqueName } from "../harness/index.ts";

/** What a test may ask of {@link connectTo}. */
export interface ConnectSettings {
  readonly heartbeatSeconds?: number;
  readonly connectTimeoutMs?: number;
  readonly transportOptions?: Readonly<Record<string, unknown>>;
  readonly logger?: Logger;
  readonly transport?: Transport;
}

function brokerUrl(href: string): BrokerUrl {
  const { protocol, username, password, hostname, port, pathname } = new URL(href);
  return {
    scheme: protocol.slice(0, -1),
    username: username || undefined,
    password: password || undefined,
    hostname,
    port: port === "" ? undefined : Number(port),
    virtualHost: decodeURIComponent(pathname.slice(1)) || undefined,
    query: {},
    href,
  };
}

export function connectOptions(url: string, settings: ConnectSettings = {}): ConnectOptions {
  return {
    url: brokerUrl(url),
    transportOptions: settings.transportOptions ?? {},
    connectTimeoutMs: settings.connectTimeoutMs ?? 30_000,
    heartbeatSeconds: settings.heartbeatSeconds ?? 0,
    ssl: false,
    clientName: "q-test",
    logger: settings.logger ?? silentLogger,
    clock: systemClock,
  };
}

export function connectTo(url: string, settings: ConnectSettings = {}): Promise<TransportConnection> {
  return (settings.transport ?? createAmqpTransport()).connect(connectOptions(url, settings));
}

/** A harness for the contract kits; the virtual host is deleted by its owner, with all that cases leave behind. */
export async function amqpHarness(url: string): Promise<TransportHarness> {
  const transport = createAmqpTransport();
  return {
    capabilities: transport.capabilities,
    connect: () => connectTo(url, { transport }),
    uniqueName,
    async [Symbol.asyncDispose]() {},
  };
}

export function textMessage(text: string, properties: WireMessage["properties"] = {}): WireMessage {
  return {
    body: Buffer.from(text),
    contentType: "text/plain",
    contentEncoding: "utf-8",
    headers: {},
    properties,
  };
}

/** Consumes until `count` deliveries have come, and returns them unsettled. */
export async function receive(
  channel: Channel,
  queue: string,
  wanted: number | { readonly count: number; readonly prefetch: number },
): Promise<Delivery[]> {
  const { count, prefetch } = typeof wanted === "number" ? { count: wanted, prefetch: Infinity } : wanted;
  const stop = new AbortController();
  const deliveries: Delivery[] = [];
  const consuming = channel.consume([queue], { prefetch, signal: stop.signal });
  for await (const batch of consuming) {
    deliveries.push(...batch);
    if (deliveries.length >= count) break;
  }
  return deliveries;
}
