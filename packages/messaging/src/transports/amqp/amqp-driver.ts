import type * as amqplib from "amqplib/callback_api";
import { loadDriver } from "@q/kernel";

/** The driver with its callback interface: no promise per frame, and errors arrive where they happen. */
export type AmqpDriver = typeof amqplib;
export type DriverConnection = amqplib.Connection;
export type DriverChannel = amqplib.Channel;
export type DriverConfirmChannel = amqplib.ConfirmChannel;
export type DriverMessage = amqplib.ConsumeMessage;
export type DriverPublishOptions = amqplib.Options.Publish;

/** @throws {MissingDriverError} when amqplib is not installed. */
export function loadAmqpDriver(): Promise<AmqpDriver> {
  return loadDriver("amqplib", "RabbitMQ", () => import("amqplib/callback_api"));
}

/** Runs one request of the driver. What the driver throws instead of reporting rejects the promise, too. */
export function request<TReply>(
  send: (done: (error: Error | null | undefined, reply: TReply) => void) => void,
): Promise<TReply> {
  return new Promise((resolve, reject) => {
    send((error, reply) => (error ? reject(error) : resolve(reply)));
  });
}
