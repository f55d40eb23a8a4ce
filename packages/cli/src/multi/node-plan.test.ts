import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { multiArguments } from "./multi-arguments.ts";
import { parseMultiArguments } from "./node-options.ts";
import { planCluster } from "./node-plan.ts";

/** Name and options of each node. */
function plan(line: string): [string, string][] {
  return planCluster(parseMultiArguments(line.split(" "))).nodes.map(({ name, options }) => [
    name.replace(`@${hostname()}`, ""),
    [...options].map(([option, value]) => (value === undefined ? option : `${option} ${value}`)).join(" "),
  ]);
}

describe("nodes of q multi", () => {
  it("are named, or counted from celery1", () => {
    expect(plan("image video")).toEqual([
      ["image", ""],
      ["video", ""],
    ]);
    expect(plan("3").map(([name]) => name)).toEqual(["celery1", "celery2", "celery3"]);
    expect(plan("2 --range-prefix=worker").map(([name]) => name)).toEqual(["worker1", "worker2"]);
  });

  it("have the host, prefix and suffix that were asked for", () => {
    expect(plan("2 --hostname=w.example.com")[1]?.[0]).toBe("celery2@w.example.com");
    expect(plan("a -n w.example.com")[0]?.[0]).toBe("a@w.example.com");
    expect(plan("a --prefix=p_ --suffix=box")[0]?.[0]).toBe("p_a@box");
    expect(plan("foo@worker.example.com bar@%h").map(([name]) => name)).toEqual([
      "foo@worker.example.com",
      "bar",
    ]);
  });

  // The examples of Celery's own documentation.
  it.each([
    ["3 -c 3 -c:1 10", ["-c 10", "-c 3", "-c 3"]],
    ["image video data -c 3 -c:image 10", ["-c 10", "-c 3", "-c 3"]],
    ["5 -c 3 -c:1-3 10", ["-c 10", "-c 10", "-c 10", "-c 3", "-c 3"]],
    ["foo bar baz xuzzy -c 3 -c:foo,bar,baz 10", ["-c 10", "-c 10", "-c 10", "-c 3"]],
    ["foo bar baz -c:1 10", ["-c 10", "", ""]],
    [
      "4 -l INFO -Q:1-2 images -Q default -l:3,4 DEBUG",
      ["-l INFO -Q images", "-l INFO -Q images", "-l DEBUG -Q default", "-l DEBUG -Q default"],
    ],
    ["2 --concurrency=3 --concurrency:2=7 -E", ["--concurrency 3 -E", "--concurrency 7 -E"]],
  ])("of %s have their own options", (line, options) => {
    expect(plan(line).map(([, own]) => own)).toEqual(options);
  });

  it("that are not there cannot have options", () => {
    expect(() => plan("2 -c:3 1")).toThrow("no node at place 3");
    expect(() => plan("2 -c:0 1")).toThrow("counted from 1");
    expect(() => plan("a b -c:z 1")).toThrow('no node "z"');
    expect(() => plan("-c 3")).toThrow("which nodes?");
  });

  it("pass on what follows the separator", () => {
    const parsed = parseMultiArguments(["2", "-c", "1", "--", "worker.prefetch_multiplier=1"]);
    expect(parsed.passthrough).toEqual(["--", "worker.prefetch_multiplier=1"]);
  });
});

describe("the arguments of q multi", () => {
  it.each([
    [
      ["multi", "start", "2", "-c", "3"],
      ["start", "2", "-c", "3"],
    ],
    [
      ["-A", "proj", "multi", "start", "2"],
      ["start", "2", "-A", "proj"],
    ],
    [
      ["--app", "proj", "-q", "multi", "names", "2", "--", "a=1"],
      ["names", "2", "--app=proj", "-q", "--", "a=1"],
    ],
  ])("of %j end with the global options", (argv, expected) => {
    expect(multiArguments(argv)).toEqual(expected);
  });

  it("are none for other commands, and for its help", () => {
    expect(multiArguments(["call", "multi"])).toBeUndefined();
    expect(multiArguments(["-q", "call", "multi"])).toBeUndefined();
    expect(multiArguments(["multi", "--help"])).toBeUndefined();
  });
});
