import { hostname } from "node:os";

/** `celery@host` when nothing is given; `%h` host, `%n` name, `%d` domain, `%%` a percent sign. */
export function nodeName(pattern: string | undefined, host: string = hostname()): string {
  const [short = host, ...rest] = host.split(".");
  const given = pattern ?? "celery@%h";
  const name = given.split("@")[0] ?? "celery";
  const expand = (text: string): string =>
    text.replace(/%([hnd%])/g, (_, letter: string) => {
      if (letter === "h") return host;
      if (letter === "d") return rest.join(".");
      return letter === "n" ? (name.includes("%") ? short : name) : "%";
    });
  const expanded = expand(given);
  return expanded.includes("@") ? expanded : `${expanded}@${host}`;
}

/** Variables of file names: `%p` full node name, `%h`, `%n`, `%d`, and `%i` / `%I`, the index of a pool process. */
export function expandPath(pattern: string, node: string, poolIndex = 0): string {
  const [name = node, host = ""] = node.split("@");
  const values: Readonly<Record<string, string>> = {
    p: node,
    h: host,
    n: name,
    d: host.split(".").slice(1).join("."),
    i: String(poolIndex),
    I: poolIndex === 0 ? "" : `-${poolIndex}`,
    "%": "%",
  };
  return pattern.replace(/%([phndiI%])/g, (_, letter: string) => values[letter] ?? "");
}
