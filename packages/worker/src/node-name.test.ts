import { expect, it } from "vitest";
import { expandPath, nodeName } from "./node-name.ts";

it.each([
  [undefined, "celery@web1.example.com"],
  ["w1", "w1@web1.example.com"],
  ["w1@%h", "w1@web1.example.com"],
  ["w1@%n.%d", "w1@w1.example.com"],
  ["%n@%d", "web1@example.com"],
  ["w%%1@host", "w%1@host"],
  ["w1@elsewhere", "w1@elsewhere"],
])("a node called %s is %s", (pattern, name) => {
  expect(nodeName(pattern, "web1.example.com")).toBe(name);
});

it("a host without a domain has an empty one", () => {
  expect(nodeName("w@%h|%d", "web1")).toBe("w@web1|");
});

it.each([
  ["/run/%n.pid", "/run/w1.pid"],
  ["/log/%p.log", "/log/w1@web1.example.com.log"],
  ["%h/%d", "web1.example.com/example.com"],
  ["%n%I.log", "w1.log"],
  ["%i-100%%", "0-100%"],
  ["no variables", "no variables"],
])("the path %s is %s", (pattern, path) => {
  expect(expandPath(pattern, "w1@web1.example.com")).toBe(path);
});

it("paths of pool processes carry their index", () => {
  expect([expandPath("%n%I.log", "w1@h", 2), expandPath("%i", "w1@h", 2)]).toEqual(["w1-2.log", "2"]);
});
