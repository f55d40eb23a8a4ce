import { expectTypeOf, test } from "vitest";
import { createApp } from "../app/create-app.ts";
import type { AsyncResult } from "../results/async-result.ts";
import type { GroupResult } from "../results/group-result.ts";
import { chain } from "./chain.ts";
import { type Chord, chord } from "./chord.ts";
import type { Chunks } from "./chunks.ts";
import { type Group, group } from "./group.ts";
import { starmap, xmap } from "./map.ts";
import { remoteTask } from "../tasks/remote-task.ts";
import type { Signature } from "./signature.ts";

const app = createApp("types");
const add = app.task("t.add", (x: number, y: number) => x + y);
const mul = app.task("t.mul", (x: number, y: number) => x * y);
const sum = app.task("t.sum", (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0));
const show = app.task("t.show", (n: number, digits?: number) => n.toFixed(digits));
const measure = app.task("t.measure", (text: string) => text.length);
const log = app.task("t.log", (...lines: string[]) => void lines);
const fetchPage = app.task("t.fetch", async (url: string) => ({ url, size: 1 }));

/** Never called: types only. */
declare const urls: readonly string[];

test("a partial knows which leading arguments are missing", () => {
  expectTypeOf(add.s()).toEqualTypeOf<Signature<[number, number], number>>();
  expectTypeOf(add.s(2)).toEqualTypeOf<Signature<[number], number>>();
  expectTypeOf(add.s(2, 2)).toEqualTypeOf<Signature<[], number>>();
  void add.s(2).delay(1);
  // @ts-expect-error a text where the first argument belongs
  void add.s(2).delay("1");
  // @ts-expect-error one is missing
  void add.s(2).delay();
  // @ts-expect-error none is missing
  void add.s(2, 2).delay(1);
  // @ts-expect-error the given one is not a number
  add.s("2");
  // @ts-expect-error three for two
  add.s(1, 2, 3);
});

test("optional arguments may be there or not", () => {
  expectTypeOf(show.s(1)).toEqualTypeOf<Signature<[] | [number], string>>();
  void show.s(1).delay();
  void show.s(1).delay(5);
  void add.s(1, 2).pipe(show.s(3));
  void add.s(1, 2).pipe(show.s());
  void log.s("a").delay("b", "c");
});

test("an immutable signature has all of its arguments and takes any", () => {
  expectTypeOf(add.si(2, 2)).toEqualTypeOf<Signature<readonly unknown[], number>>();
  // @ts-expect-error one is missing
  add.si(2);
  void measure.s("text").pipe(add.si(1, 2));
  void add.s(2, 2).pipe(add.si(1, 2)).pipe(mul.s(3));
});

test("a signature with options is as typed as one without", () => {
  expectTypeOf(add.signature([2], { countdown: 1 })).toEqualTypeOf<Signature<[number], number>>();
  expectTypeOf(add.s(2).set({ queue: "q" })).toEqualTypeOf<Signature<[number], number>>();
  expectTypeOf(add.signature([], { kwargs: { y: 2 } })).toEqualTypeOf<
    Signature<readonly unknown[], number>
  >();
  // @ts-expect-error a text for a number
  add.signature(["2"]);
});

test("the result of a step fits the first argument of the next, or it does not compile", () => {
  expectTypeOf(add.s(2, 2).pipe(mul.s(8)).pipe(show.s())).toEqualTypeOf<Signature<[], string>>();
  expectTypeOf(add.s().pipe(mul.s(8))).toEqualTypeOf<Signature<[number, number], number>>();
  expectTypeOf(fetchPage.s("u")).toEqualTypeOf<Signature<[], { url: string; size: number }>>();
  // @ts-expect-error a number where a text belongs
  add.s(2, 2).pipe(measure.s());
  // @ts-expect-error two arguments are missing, a result is one
  add.s(2, 2).pipe(mul.s());
  // @ts-expect-error no argument is missing
  add.s(2, 2).pipe(mul.s(1, 2));
  // @ts-expect-error an object where a text belongs
  fetchPage.s("u").pipe(measure.s());
});

test("chain() is the same as pipe", () => {
  const made = chain(add.s(2), mul.s(8), show.s(), measure.s());
  expectTypeOf(made).toEqualTypeOf<Signature<[number], number>>();
  expectTypeOf(made.delay(1)).resolves.toEqualTypeOf<AsyncResult<number>>();
  // @ts-expect-error the second does not take what the first gives
  chain(add.s(2, 2), measure.s());
  // @ts-expect-error nor the third what the second gives
  chain(add.s(2, 2), mul.s(2), measure.s());
  expectTypeOf(chain([add.s(2, 2), mul.s(2)])).toEqualTypeOf<Signature<readonly unknown[], unknown>>();
});

test("a group gives a tuple of the right types, or an array", () => {
  const tuple = group(add.s(1, 2), show.si(3), measure.s("x").pipe(show.s(2)));
  expectTypeOf(tuple.run()).resolves.toEqualTypeOf<[number, string, string]>();
  expectTypeOf(tuple.delay()).resolves.toEqualTypeOf<GroupResult<[number, string, string]>>();
  expectTypeOf<Awaited<ReturnType<typeof tuple.delay>>["get"]>().returns.resolves.toEqualTypeOf<
    [number, string, string]
  >();
  expectTypeOf(group([add.s(1, 2), show.s(3)])).toEqualTypeOf<Group<[], [number, string]>>();
  expectTypeOf(group(urls.map((url) => fetchPage.s(url)))).toEqualTypeOf<
    Group<[], { url: string; size: number }[]>
  >();
  expectTypeOf(group(new Set([add.s(1, 2)]))).toEqualTypeOf<Group<[], number[]>>();
});

test("groups inside a group are part of it", () => {
  const nested = group(group(add.s(1, 2), show.s(3)), add.s(4, 5));
  expectTypeOf(nested.run()).resolves.toEqualTypeOf<[number, string, number]>();
  const lists = group([group([add.s(1, 2)]).pipe(sum.s()), chain(add.s(1, 2), group(mul.s(2), mul.s(3)))]);
  expectTypeOf(lists.run()).resolves.toEqualTypeOf<[number, [number, number]]>();
});

test("a partial group takes what every member takes", () => {
  const partial = group(add.s(1), mul.s(2), add.si(1, 1));
  void partial.delay(5);
  // @ts-expect-error a text for numbers
  void partial.delay("5");
  // @ts-expect-error nothing
  void partial.delay();
  expectTypeOf(add.s(1, 2).pipe(partial).delay()).resolves.toEqualTypeOf<
    GroupResult<[number, number, number]>
  >();
  // @ts-expect-error its members take numbers
  fetchPage.s("u").pipe(partial);
});

test("the body of a chord takes the results of its header", () => {
  const header = group(add.s(1, 2), add.s(3, 4));
  expectTypeOf(chord(header, sum.s())).toEqualTypeOf<Chord<[], number>>();
  expectTypeOf(chord([add.s(1, 2), add.s(3, 4)], sum.s())).toEqualTypeOf<Chord<[], number>>();
  expectTypeOf(header.pipe(sum.s())).toEqualTypeOf<Signature<[], number>>();
  expectTypeOf(
    chord(
      urls.map((url) => measure.s(url)),
      sum.s(),
    ).delay(),
  ).resolves.toEqualTypeOf<AsyncResult<number>>();
  // @ts-expect-error texts, where the body takes numbers
  chord([show.s(1)], sum.s());
  // @ts-expect-error a list, where the body takes a number
  chord(header, mul.s(2));
  // @ts-expect-error the same for a pipe
  header.pipe(mul.s(2));
  expectTypeOf(chord(header, sum.s().pipe(group(mul.s(2), mul.s(3)))).delay()).resolves.toEqualTypeOf<
    GroupResult<[number, number]>
  >();
});

test("map, starmap and chunks take lists of the right items", () => {
  expectTypeOf(sum.map([[1, 2], [3]])).toEqualTypeOf<Signature<readonly unknown[], number[]>>();
  expectTypeOf(add.starmap([[1, 2]])).toEqualTypeOf<Signature<readonly unknown[], number[]>>();
  expectTypeOf(add.chunks([[1, 2]], 10)).toEqualTypeOf<Chunks<number>>();
  expectTypeOf(add.chunks([[1, 2]], 10).delay()).resolves.toEqualTypeOf<GroupResult<number[][]>>();
  expectTypeOf(xmap(measure.s(), ["a"])).toEqualTypeOf<Signature<readonly unknown[], number[]>>();
  expectTypeOf(starmap(add.s(), [[1, 2]])).toEqualTypeOf<Signature<readonly unknown[], number[]>>();
  // @ts-expect-error texts for numbers
  add.starmap([["1", "2"]]);
  // @ts-expect-error numbers for lists of numbers
  sum.map([1, 2]);
});

test("callbacks take the result", () => {
  expectTypeOf(add.s(1, 2).link(show.s())).toEqualTypeOf<Signature<[], number>>();
  // @ts-expect-error a text for a number
  add.s(1, 2).link(measure.s());
});

/** Each error stands at the part that is wrong, and says what. */
test("errors are where the mistake is", () => {
  chord(
    group(add.s(1, 2), add.s(3, 4)),
    // @ts-expect-error the body: [number, number] is no number
    mul.s(2),
  );
  chord(
    [show.s(1), show.s(2)],
    // @ts-expect-error the body: [string, string] are no numbers
    sum.s(),
  );
  chain(
    add.s(1, 2),
    mul.s(2),
    // @ts-expect-error the third step: a number is no text
    measure.s(),
  );
  chain(
    ...([add.s(1, 1), mul.s(1), mul.s(2), mul.s(3), mul.s(4), mul.s(5)] as const),
    // @ts-expect-error "chain() takes six steps: add more with .pipe(…)"
    mul.s(6),
  );
  void chain(add.s(1, 1), mul.s(1), mul.s(2), mul.s(3), mul.s(4), mul.s(5)).pipe(mul.s(6)).delay();
  add.starmap([
    [1, 2],
    [
      3,
      // @ts-expect-error this text, and not the list
      "4",
    ],
  ]);
  add.chunks(
    [
      [1, 2],
      // @ts-expect-error one argument is missing
      [3],
    ],
    10,
  );
});

test("a task in Python has the types that are said of it", () => {
  const remote = app.remoteTask<[x: number, y: number], number>("tasks.add", { queue: "python" });
  expectTypeOf(remote.delay(1, 2)).resolves.toEqualTypeOf<AsyncResult<number>>();
  expectTypeOf(remote.s(1)).toEqualTypeOf<Signature<[number], number>>();
  void add.s(1, 2).pipe(remote.s(1)).pipe(show.s());
  void remote.chunks([[1, 2]], 10).delay();
  // @ts-expect-error it takes a number
  void measure.s("x").pipe(show.s()).pipe(remote.s(1));
  // @ts-expect-error texts for numbers
  void remote.delay("1", "2");
  // @ts-expect-error its code is elsewhere
  remote(1, 2);
  const loose = remoteTask<[x: number], number>("tasks.double");
  expectTypeOf(loose.s()).toEqualTypeOf<Signature<[number], number>>();
  void app.signature<[x: number], number>("tasks.double").delay(1);
  // @ts-expect-error of a result of which nothing is known it is not known that it fits
  void app.signature("tasks.unknown").pipe(add.s(1));
});

test("a task is replaced by what gives the same", () => {
  app.task({ name: "t.host", bind: true }, (self, n: number) => {
    expectTypeOf(self.replace(add.s(n, 1))).resolves.toEqualTypeOf<number>();
    expectTypeOf(self.replace(group([add.s(n, 1)]))).resolves.toEqualTypeOf<[number]>();
    // @ts-expect-error an argument is missing
    void self.replace(add.s(1));
    return 0;
  });
});
