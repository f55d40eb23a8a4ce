import { describe, expect, it } from "vitest";
import { sleep, systemClock } from "./clock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

describe("sleep", () => {
  it("ends when the time has come", async () => {
    const clock = new FakeClock();
    let isOver = false;
    const slept = sleep(100, { clock }).then(() => (isOver = true));
    await clock.advance(99);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await slept;
    expect(clock.pending).toBe(0);
  });

  it("ends at once when its signal aborts, and leaves no timer", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const slept = sleep(1000, { clock, signal: stop.signal });
    stop.abort();
    await slept;
    expect(clock.pending).toBe(0);
    await sleep(1000, { clock, signal: stop.signal });
  });
});

describe("systemClock", () => {
  it("does not fire a delay longer than a timer can take at once", async () => {
    let fired = false;
    const cancel = systemClock.schedule(2 ** 40, () => (fired = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(fired).toBe(false);
    cancel();
  });
});
