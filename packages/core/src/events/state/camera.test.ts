import { deferred } from "@q/kernel";
import { FakeClock, recordingLogger } from "@q/kernel/testing";
import { describe, expect, it } from "vitest";
import { Camera, type CameraOptions } from "./camera.ts";
import { EventState } from "./event-state.ts";

class Counting extends Camera {
  shots = 0;
  cleanups = 0;
  shutter: () => void | Promise<void> = () => {};

  override onShutter(): void | Promise<void> {
    this.shots++;
    return this.shutter();
  }

  override onCleanup(): void {
    this.cleanups++;
  }
}

function camera(options: CameraOptions = {}): { camera: Counting; clock: FakeClock } {
  const clock = new FakeClock(1e6);
  return { camera: new Counting(new EventState({ clock }), { clock, ...options }), clock };
}

describe("a camera", () => {
  it("takes a snapshot at every interval and a last one at its end, and cleans up now and then", async () => {
    const { camera: own, clock } = camera({ freq: 2, cleanupFreq: 5 });
    own.install();
    await clock.advance(10_000);
    expect([own.shots, own.cleanups]).toEqual([5, 2]);
    await own.cancel();
    await own.cancel();
    await clock.advance(10_000);
    expect([own.shots, own.cleanups, clock.pending]).toEqual([6, 2, 0]);
  });

  it("keeps to its rate", async () => {
    const { camera: own, clock } = camera({ freq: 1, maxrate: "6/m" });
    own.install();
    await clock.advance(30_000);
    expect(own.shots).toBe(3);
    expect(() => camera({ maxrate: "often" })).toThrow(/10\/s, 10\/m or 10\/h/);
  });

  it("takes one snapshot at a time, and goes on after one that fails", async () => {
    const logger = recordingLogger();
    const { camera: own, clock } = camera({ logger });
    const slow = deferred<void>();
    own.shutter = () => slow.promise;
    own.install();
    await clock.advance(3000);
    expect(own.shots).toBe(1);
    slow.reject(new Error("disk full"));
    await clock.advance(0);
    own.shutter = () => {};
    await clock.advance(2000);
    expect(own.shots).toBe(3);
    expect(logger.lines[0]).toMatchObject({
      message: "a camera failed",
      fields: { err: { message: "disk full" } },
    });
  });

  it("forgets what it has stored, when it is told to", async () => {
    const state = new EventState();
    const own = new (class extends Camera {
      override readonly clearAfter = true;
    })(state);
    state.getOrCreateWorker("w@here");
    await own.capture();
    expect(state.workers.size).toBe(0);
  });
});
