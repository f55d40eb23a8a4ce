import { nok, ok, type PanelCommands } from "./panel-command.ts";

/** Commands about the events that a worker sends. */
export const eventCommands: PanelCommands = {
  enable_events: {
    run: (worker) =>
      ok(worker.events?.enableTaskEvents() ? "task events enabled" : "task events already enabled"),
    only: [],
  },
  disable_events: {
    run: (worker) =>
      ok(worker.events?.disableTaskEvents() ? "task events disabled" : "task events already disabled"),
    only: [],
  },
  heartbeat: {
    run: (worker) => {
      worker.events?.heartbeat();
      return null;
    },
    only: [],
  },
  election: {
    run: ({ gossip, logger }, { id, topic, action }) => {
      if (gossip === undefined) {
        logger.warn({ election: id }, "an election was asked for, and this worker does not hear the others");
        return nok("this worker does not gossip");
      }
      gossip.elect(String(id), String(topic), action ?? null);
      return null;
    },
    required: ["id", "topic"],
  },
};
