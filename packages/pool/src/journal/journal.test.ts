import { fstatSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { JOURNAL_BYTES, JournalReader, JournalWriter } from "./journal.ts";
import { SharedArray } from "./shared-array.ts";
import { SharedFile } from "./shared-file.ts";
import type { SharedMemory } from "./shared-memory.ts";

const files: SharedFile[] = [];
const memories: Readonly<Record<string, () => SharedMemory>> = {
  "a file": () => {
    const file = SharedFile.allocate(JOURNAL_BYTES);
    files.push(file);
    return file;
  },
  "an array": () => SharedArray.allocate(JOURNAL_BYTES),
};
afterAll(() => files.forEach((file) => file.close()));

describe.each(Object.entries(memories))("a journal in %s", (_kind, allocate) => {
  const open = (): { writer: JournalWriter; reader: JournalReader; memory: SharedMemory } => {
    const memory = allocate();
    return { memory, writer: new JournalWriter(memory), reader: new JournalReader(memory) };
  };
  const texts = (records: readonly Uint8Array[]): readonly string[] =>
    records.map((record) => Buffer.from(record).toString());

  it("tells which job began last, and which was accepted", () => {
    const { writer, reader } = open();
    expect([reader.begun, reader.accepted]).toEqual([0, 0]);
    expect([writer.begin(1), writer.begin(2)]).toEqual([true, true]);
    writer.accept(1);
    expect([reader.begun, reader.accepted]).toEqual([2, 1]);
    expect(reader.records(0)).toEqual([]);
  });

  it("calls back what has not begun, and lets later jobs begin", () => {
    const { writer, reader } = open();
    writer.begin(1);
    expect(reader.callBack(3)).toBe(1);
    expect([writer.begin(2), writer.begin(3), writer.begin(4)]).toEqual([false, false, true]);
  });

  it("never lets both sides have a job, whoever comes first", () => {
    const first = open();
    expect([first.writer.begin(1), first.reader.callBack(1)]).toEqual([true, 1]);
    const second = open();
    expect([second.reader.callBack(1), second.writer.begin(1)]).toEqual([0, false]);
  });

  it("makes the executor give way when both come at once", () => {
    const { memory, writer, reader } = open();
    const word = memory.word.bind(memory);
    // The executor has written that it begins, and has not yet looked whether it may.
    let begun: number | undefined;
    memory.word = (index) => {
      memory.word = word;
      begun = reader.callBack(1);
      return word(index);
    };
    expect([writer.begin(1), begun]).toEqual([false, 1]);
  });

  it("keeps what was said until its frame has left", () => {
    const { writer, reader } = open();
    writer.save(Buffer.from("a"), 0);
    writer.save(Buffer.from("b"), 0);
    expect(texts(reader.records(0))).toEqual(["a", "b"]);
    expect(reader.records(1)).toEqual([]);
    writer.save(Buffer.from("c"), 1);
    expect(reader.records(0)).toEqual([]);
    expect(texts(reader.records(1))).toEqual(["c"]);
  });

  it("takes no more than it has room for", () => {
    const { writer, reader } = open();
    const half = Buffer.alloc(JOURNAL_BYTES / 2, 1);
    expect([writer.save(half, 0), writer.save(half, 0), writer.save(Buffer.alloc(9), 0)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(reader.records(0).map(({ byteLength }) => byteLength)).toEqual([half.byteLength, 9]);
  });

  it("does not take for said what is only half written", () => {
    const { memory, writer, reader } = open();
    writer.save(Buffer.from("whole"), 0);
    const write = memory.write.bind(memory);
    memory.write = (at, bytes) => write(at, bytes.subarray(0, bytes.byteLength - 1));
    writer.save(Buffer.from("torn"), 0);
    expect(texts(reader.records(0))).toEqual(["whole"]);
  });
});

it("is a file without a name, which goes away with those who have it open", () => {
  const file = SharedFile.allocate(100);
  files.push(file);
  expect(fstatSync(file.fd).nlink).toBe(0);
});
