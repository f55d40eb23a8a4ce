import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { createApp } from "@q/core";
import { createTransportRegistry, type TransportCapabilities } from "@q/messaging";
import { tempFolder } from "../harness/temp-folder.ts";
import { repository } from "./code-blocks.ts";

/** A table as prettier would write it. */
function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  return [line(rows[0] ?? []), line(rule), ...rows.slice(1).map(line)].join("\n");
}

/** What a guide says between `<!-- name -->` and `<!-- /name -->`. */
function section(page: string, name: string): string {
  const text = readFileSync(`${repository}docs/guides/${page}`, "utf8");
  return new RegExp(`<!-- ${name} -->\\n\\n(.*?)\\n\\n<!-- /${name} -->`, "s").exec(text)?.[1] ?? "";
}

const yesNo = (value: boolean): string => (value ? "yes" : "no");

const transportRows: readonly (readonly [title: string, cell: (has: TransportCapabilities) => string])[] = [
  ["exchange types", (has) => has.exchangeTypes.join(", ")],
  [
    "served first",
    (has) => ({ "low-first": "priority 0", "high-first": "highest priority", none: "–" })[has.priorities],
  ],
  ["survives a restart", (has) => yesNo(has.durable)],
  ["shared by processes", (has) => yesNo(has.multiProcess)],
  ["publishing is confirmed", (has) => yesNo(has.confirms)],
  ["heartbeats", (has) => yesNo(has.heartbeats)],
  ["counts deliveries", (has) => yesNo(has.deliveryCount)],
  [
    "a dead worker's messages",
    (has) => ({ immediate: "back at once", lease: "back after a lease", none: "gone" })[has.recovery],
  ],
  ["message TTL", (has) => yesNo(has.messageTtl)],
  ["dead-letter exchange", (has) => yesNo(has.deadLetter)],
];

it("shows in the guide to brokers what the transports say they can do", async () => {
  const registry = createTransportRegistry();
  const transports = await Promise.all(
    ["memory", "sqlite", "redis", "amqp"].map((scheme) => registry.resolve(`${scheme}://`)),
  );
  const rows = transportRows.map(([title, cell]) => [
    title,
    ...transports.map(({ capabilities }) => cell(capabilities)),
  ]);
  const table = markdownTable([["", "memory", "SQLite", "Redis", "RabbitMQ"], ...rows]);
  expect(section("brokers.md", "transports")).toBe(table);
});

it("shows in the guide to results what the backends say they can do", async () => {
  await using folder = await tempFolder("backends");
  const urls = ["cache+memory://", `sqlite:///${folder.path}/q.db`, "redis://127.0.0.1:1", "rpc://"];
  const apps = urls.map((backend) => createApp("docs", { broker: "memory://", backend }));
  const all = await Promise.all(apps.map(async (app) => (await app.backend()).capabilities));
  const table = markdownTable([
    ["", "memory", "SQLite", "Redis", "rpc"],
    ["survives a restart", ...all.map((has) => yesNo(has.persistent))],
    ["`get` is told at once", ...all.map((has) => yesNo(has.push))],
    ["old results go by themselves", ...all.map((has) => yesNo(has.autoExpire))],
    ["any client may read", ...all.map((has) => yesNo(has.shared))],
  ]);
  expect(section("results.md", "backends")).toBe(table);
  await Promise.all(apps.map((app) => app.close()));
});
