// A program that has nothing of Q but @q/beat.
import { Beat, clocked, crontab } from "@q/beat";

const seen = [];
const beat = new Beat({
  store: "schedule",
  entries: {
    often: { task: "often", schedule: 0.05, maxRuns: 3 },
    // What is over when the beat starts does not come.
    soon: { task: "soon", schedule: clocked(Date.now() + 3000), kwargs: { once: true } },
    nightly: { task: "nightly", schedule: crontab({ minute: 0, hour: 4 }) },
  },
  send: ({ name }) => {
    seen.push(name);
    if (seen.length === 4) void finish();
  },
});

async function finish() {
  await beat.pause("nightly");
  const entries = await beat.list();
  await beat.stop();
  console.log(
    JSON.stringify({
      seen: seen.toSorted((a, b) => a.localeCompare(b)),
      paused: entries.filter((one) => !one.isEnabled).map((one) => one.name),
    }),
  );
}

await beat.start();
