import { expect, it, onTestFinished } from "vitest";
import { takePrivileges } from "./privileges.ts";

it("takes a umask in octal", () => {
  const before = process.umask();
  onTestFinished(() => void process.umask(before));
  takePrivileges({ umask: "027" });
  expect(process.umask()).toBe(0o27);
  takePrivileges({ umask: 0o22 });
  expect(process.umask()).toBe(0o22);
});

it.each(["029", "9z", "", "-1"])("refuses the umask %j, and keeps the old one", (umask) => {
  const before = process.umask();
  expect(() => takePrivileges({ umask })).toThrow(
    expect.objectContaining({ exitCode: 64, message: expect.stringContaining("octal") as string }),
  );
  expect(process.umask()).toBe(before);
});
