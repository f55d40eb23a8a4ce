import { createApp } from "@q/core";

/** An app that never closes what it opens, as a pool of database connections is left open. */
export const app = createApp("open", { broker: process.env.BROKER_URL });

app.task("open.add", (x, y) => x + y);
setInterval(() => {}, 60_000);
