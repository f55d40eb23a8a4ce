import { expect, it } from "vitest";
import { requires, seededRandom, startRedis, suiteResource, waitUntil } from "../harness/index.ts";
import { unexplainedRepeats } from "../recovery/executions.ts";
import { scene } from "./scene.ts";

const isFull = process.env["Q_TEST_FULL"] === "1";
const rounds = isFull ? 300 : 30;

requires("redis")("A worker with processes that is told to stop", () => {
  const redis = suiteResource(startRedis);

  it(`loses and repeats nothing in ${rounds} TERMs at random moments, and exits with 0 in time`, async () => {
    const random = seededRandom();
    const seed = `seed ${random.seed}`;
    await using set = await scene(redis(), { args: ["-c", "1"], settings: { taskIgnoreResult: true } });
    const ids: string[] = [];
    // Several at a time: most of a round is the start of processes.
    const lane = async (): Promise<void> => {
      for (let round = 0; round < rounds / 3; round++) {
        await using worker = await set.start(["-c", "2"]);
        const name = random.pick(["pools.late", "pools.early"]);
        const sent = Array.from({ length: 15 }, () => set.client.sendTask(name, [random.int(0, 60)]));
        ids.push(...(await Promise.all(sent)).map(({ id }) => id));
        const due = (await set.read()).ends.size + random.int(0, 8);
        const atMost = Math.min(due, ids.length - 1);
        await waitUntil(async () => (await set.read()).ends.size >= atMost, {
          what: `${due} ends (${seed})`,
          timeoutMs: 30_000,
        });
        expect(await worker.stop("SIGTERM"), seed).toEqual({ code: 0, signal: null });
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    const lost = async (): Promise<unknown[]> => (await set.read()).lost(ids);
    await waitUntil(lost, {
      accept: (left) => left.length === 0,
      timeoutMs: 60_000,
      what: `all tasks to end (${seed})`,
    });
    const report = await set.read();
    expect(unexplainedRepeats(report, []), seed).toEqual([]);
    expect(
      report.entries.filter(({ attempt }) => attempt > 0),
      seed,
    ).toEqual([]);
  }, 900_000);

  it.concurrent("a second INT kills what runs, gives it back, and exits with 1", async () => {
    await using set = await scene(redis());
    const { id } = await set.client.sendTask("pools.late", [60_000]);
    await set.client.sendTask("pools.loop");
    await waitUntil(async () => (await set.read()).starts.has(id));
    set.worker.kill("SIGINT");
    await set.worker.waitFor(/warm shutdown/);
    expect(await set.worker.stop("SIGINT")).toEqual({ code: 1, signal: null });
    await using _next = await set.start();
    await waitUntil(async () => (await set.read()).starts.get(id) === 2, { what: "the second start" });
  });

  it.concurrent("a grace period ends what ignores its signal", async () => {
    await using set = await scene(redis(), { args: ["-c", "2", "--grace-period", "0.5"] });
    const { id } = await set.client.sendTask("pools.late", [60_000]);
    await waitUntil(async () => (await set.read()).starts.has(id));
    const sent = await set.client.sendTask("pools.loop");
    await waitUntil(async () => (await set.client.AsyncResult(sent.id).state()) !== "SUCCESS");
    expect((await set.worker.stop("SIGTERM")).signal).toBeNull();
    await using _next = await set.start();
    await waitUntil(async () => (await set.read()).starts.get(id) === 2, { what: "the second start" });
  });
});

requires("redis")("Tasks that kill their process, among others", () => {
  const redis = suiteResource(startRedis);

  it("are stopped, and none of the others is lost or run twice", async () => {
    const count = isFull ? 2000 : 300;
    await using set = await scene(redis(), { args: ["-c", "4"], settings: { taskIgnoreResult: true } });
    const good: string[] = [];
    const poison: string[] = [];
    for (let n = 0; n < count; n++) {
      if (n % 100 === 50) poison.push((await set.client.sendTask("pools.poison", ["kill"])).id);
      else good.push((await set.client.sendTask("pools.late", [1])).id);
    }
    const lost = async (): Promise<unknown[]> => (await set.read()).lost(good);
    await waitUntil(lost, {
      accept: (left) => left.length === 0,
      timeoutMs: 60_000,
      what: "the good tasks to end",
    });
    const starts = async (): Promise<unknown[]> => {
      const report = await set.read();
      return poison.map((id) => report.starts.get(id));
    };
    await waitUntil(starts, {
      accept: (all) => all.every((n) => n === 3),
      timeoutMs: 60_000,
      what: "three starts of each",
    });
    const repeated = [...(await set.read()).duplicates()].filter(([id]) => good.includes(String(id)));
    expect(repeated).toEqual([]);
  }, 180_000);
});
