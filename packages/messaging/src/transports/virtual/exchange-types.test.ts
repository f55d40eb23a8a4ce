import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bindingPattern, matchesTopic, routeMessage, topicRegex } from "./exchange-types.ts";
import { priorityStep } from "./priority.ts";

interface TopicVector {
  readonly binding: string;
  readonly regex: string;
  readonly matches?: readonly string[];
}
interface MiscVectors {
  readonly cases: {
    readonly topic_patterns: { readonly keys: readonly string[]; readonly patterns: readonly TopicVector[] };
    readonly priority_step: readonly {
      readonly steps: readonly number[];
      readonly map: Record<string, number>;
    }[];
  };
}

const vectorFile = new URL("../../../../../test-integration/vectors/misc.json", import.meta.url);
const { topic_patterns: topics, priority_step: priorities } = (
  JSON.parse(readFileSync(vectorFile, "utf8")) as MiscVectors
).cases;

describe("topicRegex", () => {
  for (const { binding, regex, matches } of topics.patterns) {
    it(`writes "${binding}" as kombu does`, () => expect(topicRegex(binding)).toBe(regex));
    it(`matches with "${binding}" what kombu matches`, () =>
      expect(topics.keys.filter((key) => matchesTopic(regex, key))).toEqual(matches ?? []));
  }

  it("escapes what Python does not count as alphanumeric, and nothing else", () =>
    expect(topicRegex("a_b-c.é٣.\0")).toBe("^a\\_b\\-c\\.é٣\\.\\000$"));

  it("forgets old patterns instead of growing with them", () => {
    for (let n = 0; n < 3000; n++) matchesTopic(topicRegex(`k${n}.*`), "x");
    expect(matchesTopic(topicRegex("k1.*"), "k1.a")).toBe(true);
  });
});

describe("routeMessage", () => {
  const rows = (type: string) =>
    (
      [
        ["a.b", "q1"],
        ["a.*", "q2"],
        ["#", "q1"],
      ] as const
    ).map(([routingKey, queue]) => ({ routingKey, queue, pattern: bindingPattern(type, routingKey) }));

  it("sends to the queues bound with exactly the key of a direct exchange", () =>
    expect(routeMessage("direct", rows("direct"), "a.b")).toEqual(["q1"]));

  it("sends once to every queue whose pattern matches on a topic exchange", () => {
    expect(routeMessage("topic", rows("topic"), "a.b")).toEqual(["q1", "q2"]);
    expect(routeMessage("topic", rows("topic"), "z")).toEqual(["q1"]);
  });

  it("sends once to every queue of a fanout exchange", () =>
    expect(routeMessage("fanout", rows("fanout"), "whatever")).toEqual(["q1", "q2"]));

  it("sends nowhere without bindings", () => expect(routeMessage("direct", [], "a")).toEqual([]));
});

describe("priorityStep", () => {
  for (const { steps, map } of priorities) {
    it(`maps priorities to the steps ${steps.join(",")}`, () => {
      for (const [priority, step] of Object.entries(map))
        expect(priorityStep(Number(priority), steps)).toBe(step);
    });
  }

  it("clamps to 0..9 and reads what Python's int() reads", () =>
    expect([-5, 42, Infinity, "7", " 3 ", 5.9, true].map((value) => priorityStep(value))).toEqual([
      0, 9, 9, 6, 3, 3, 0,
    ]));

  it("takes anything else as 0", () =>
    expect([undefined, null, "x", NaN, {}, []].map((value) => priorityStep(value))).toEqual([
      0, 0, 0, 0, 0, 0,
    ]));
});
