import assert from "node:assert/strict";
import type { ChordPart, ChordProgress, ChordStore } from "../../chord-store.ts";
import type { ResultBackend } from "../../contracts.ts";
import type { BackendContractCase } from "../backend-harness.ts";
import { newId, Workbench } from "../workbench.ts";

/** How chords are counted. */
export const chordCases: readonly BackendContractCase[] = [
  {
    title: "tells exactly one member of a chord that it is the last",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const parts = header(20);
      await chord.setSize(parts[0]?.groupId ?? "", parts.length);
      const told = await Promise.all(parts.map((part) => chord.part(part, newId())));
      assert.deepEqual(counts(told), { waiting: 19, last: 1 });
    },
  },
  {
    title: "gives the members of a chord in the order of its header, whatever order they end in",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const parts = header(12);
      await chord.setSize(groupOf(parts), parts.length);
      for (const part of parts.toReversed()) await chord.part(part, newId());
      const counted = await chordOf(bench.reader).parts(groupOf(parts));
      assert.deepEqual(
        counted?.map(({ taskId, status, result }) => [taskId, status, result]),
        parts.map(({ taskId, status, result }) => [taskId, status, result]),
      );
    },
  },
  {
    title: "counts a member once, however often and however differently it ends",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b] = header(2) as [ChordPart, ChordPart];
      await chord.setSize(a.groupId, 2);
      assert.equal(await chord.part(failed(a), newId()), "waiting");
      assert.equal(await chord.part({ ...a, result: "first" }, newId()), "waiting");
      assert.equal(await chord.part({ ...a, result: "second" }, newId()), "waiting");
      assert.equal(await chord.part(failed(a), newId()), "waiting");
      assert.equal(await chord.part(b, newId()), "last");
      const counted = await chord.parts(a.groupId);
      assert.deepEqual(
        counted?.map(({ result }) => result),
        ["first", b.result],
      );
    },
  },
  {
    title: "keeps members apart that have the same place, or none",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [first, second, third, fourth] = header(4) as [ChordPart, ChordPart, ChordPart, ChordPart];
      const parts = [
        { ...third, groupIndex: undefined },
        { ...first, groupIndex: 0, taskId: "1" },
        { ...second, groupIndex: 0, taskId: 'q"uote' },
        { ...fourth, groupIndex: undefined },
      ];
      await chord.setSize(first.groupId, 4);
      const told: ChordProgress[] = [];
      for (const part of parts) {
        told.push(await chord.part(part, newId()));
        if (told.length < parts.length) assert.equal(await chord.part(part, newId()), "waiting");
      }
      assert.deepEqual(told, ["waiting", "waiting", "waiting", "last"]);
      const ids = (await chord.parts(first.groupId))?.map(({ taskId }) => taskId) ?? [];
      assert.deepEqual(ids.slice(0, 2).sort(), ["1", 'q"uote']);
      assert.deepEqual(ids.slice(2).sort(), [third.taskId, fourth.taskId].sort());
    },
  },
  {
    title: "waits until the size of a chord is known, and for members that are added",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b, c] = header(3) as [ChordPart, ChordPart, ChordPart];
      assert.equal(await chord.part(a, newId()), "waiting");
      await chord.grow(a.groupId);
      await chordOf(bench.reader).setSize(a.groupId, 2);
      assert.equal(await chord.part(b, newId()), "waiting");
      assert.equal(await chord.part(c, newId()), "last");
    },
  },
  {
    title: "keeps errors of members in their stored form",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a] = header(1) as [ChordPart];
      await chord.part(failed(a), newId());
      const [counted] = (await chord.parts(a.groupId)) ?? [];
      assert.equal(counted?.status, "FAILURE");
      assert.deepEqual(counted.error, failed(a).error);
    },
  },
  {
    title: "lets one attempt settle a chord, and another one when the first has died",
    needs: ["chords", "expiry"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b] = header(2) as [ChordPart, ChordPart];
      await chord.setSize(a.groupId, 2);
      await chord.part(a, "attempt-a");
      assert.equal(await chord.part(b, "attempt-b"), "last");
      assert.equal(await chord.part(b, "attempt-b"), "last", "the same attempt asks again");
      assert.equal(await chord.part(b, "attempt-b2"), "taken");
      assert.equal(await chord.part(a, "attempt-a2"), "waiting");
      await bench.harness.passTime?.(2600);
      await chord.renew(a.groupId, "attempt-b");
      await chord.renew(a.groupId, "attempt-b2");
      await bench.harness.passTime?.(2600);
      assert.equal(await chord.part(b, "attempt-b2"), "taken", "the claim was renewed");
      await bench.harness.passTime?.(5100);
      assert.equal(await chord.part(a, "attempt-a3"), "last");
      assert.equal((await chord.parts(a.groupId))?.length, 2);
    },
  },
  {
    title: "remembers that a chord has ended",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b] = header(2) as [ChordPart, ChordPart];
      await chord.setSize(a.groupId, 2);
      await chord.part(a, newId());
      assert.equal(await chord.part(b, newId()), "last");
      await chord.end(a.groupId);
      for (const part of [b, a, failed(b)]) assert.equal(await chord.part(part, newId()), "waiting");
      assert.equal(await chord.take(a.groupId, newId()), "waiting");
      assert.deepEqual(await chord.parts(a.groupId), []);
    },
  },
  {
    title: "hands an unfinished chord to whoever ends it before its time",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b] = header(2) as [ChordPart, ChordPart];
      assert.equal(await chord.take(a.groupId, newId()), "waiting", "nothing is known of it");
      await chord.setSize(a.groupId, 2);
      await chord.part(a, newId());
      assert.equal(await chord.take(a.groupId, "deadline"), "last");
      assert.equal(await chord.part(b, newId()), "waiting", "it is taken");
      await chord.end(a.groupId);
      assert.equal(await chord.part(b, newId()), "waiting");
    },
  },
  {
    title: "keeps a chord that was taken before its time from its members",
    needs: ["chords", "expiry"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a, b] = header(2) as [ChordPart, ChordPart];
      await chord.setSize(a.groupId, 2);
      await chord.part(a, newId());
      assert.equal(await chord.take(a.groupId, "deadline"), "last");
      assert.equal(await chord.take(a.groupId, "again"), "taken");
      await bench.harness.passTime?.(5100);
      assert.equal(await chord.part(b, newId()), "waiting", "who has taken it has died");
      assert.equal(await chord.take(a.groupId, "again"), "last");
    },
  },
  {
    title: "does not take a chord from the member that settles it",
    needs: ["chords", "expiry"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const chord = chordOf(bench.writer);
      const [a] = header(1) as [ChordPart];
      await chord.setSize(a.groupId, 1);
      assert.equal(await chord.part(a, newId()), "last");
      assert.equal(await chord.take(a.groupId, "deadline"), "taken");
      await bench.harness.passTime?.(5100);
      assert.equal(await chord.take(a.groupId, "deadline"), "last");
    },
  },
  {
    title: "lets the copies of a message begin that one attempt has sent, and no others",
    needs: ["chords"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const key = newId();
      const [here, there] = [chordOf(bench.writer), chordOf(bench.reader)];
      assert.equal(await there.begunBy(key), undefined);
      const told = await Promise.all(["a", "b", "c"].map((attempt) => here.begin(key, attempt)));
      assert.equal(told.filter(Boolean).length, 1);
      const winner = ["a", "b", "c"][told.indexOf(true)] ?? "";
      assert.equal(await there.begunBy(key), winner);
      assert.equal(await there.begin(key, winner), true, "it is redelivered");
      assert.equal(await there.begin(key, "d"), false);
      assert.equal(await there.begin(newId(), "d"), true);
    },
  },
  {
    title: "saves groups, restores and deletes them",
    needs: ["shared"],
    run: async (open) => {
      await using bench = await Workbench.open(open);
      const id = newId();
      const group = [
        [id, [["parent", null], null]],
        [
          [["a", null], null],
          [["b", null], []],
        ],
      ] as const;
      assert.equal(await bench.reader.groups.restore(id), undefined);
      await bench.writer.groups.save(group);
      assert.deepEqual(await bench.reader.groups.restore(id), group);
      assert.deepEqual(await bench.reader.get([id]), [undefined], "it is no result");
      await bench.reader.groups.delete(id);
      await bench.reader.groups.delete(id);
      assert.equal(await bench.writer.groups.restore(id), undefined);
    },
  },
];

function chordOf({ chords }: ResultBackend): ChordStore {
  assert.ok(chords, "the capability chords is native, but there is no chord store");
  return chords;
}

const groupOf = ([part]: readonly ChordPart[]): string => part?.groupId ?? "";

function header(size: number): ChordPart[] {
  const groupId = newId();
  return Array.from({ length: size }, (_, groupIndex) => ({
    groupId,
    groupIndex,
    taskId: newId(),
    status: "SUCCESS",
    result: { n: groupIndex },
  }));
}

function failed(part: ChordPart): ChordPart {
  const error = { excType: "ValueError", excModule: "builtins", excMessage: ["boom", 42] };
  return { ...part, status: "FAILURE", result: null, error };
}

function counts(told: readonly ChordProgress[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const answer of told) counted[answer] = (counted[answer] ?? 0) + 1;
  return counted;
}
