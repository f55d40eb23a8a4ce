import type { SeededRandom } from "../harness/index.ts";

/** Values that are at home somewhere else in a message. */
const strangers: readonly unknown[] = [
  null, true, 0, -1, 1e308, 2 ** 53, "", "x", "\u0000", "😀", "__proto__", "2026-11-21T00:00:00", "t.add", [], [[]], [1, 2, 3], {},
  { task: "t.add" }, { __type__: "datetime", __value__: "never" }, { __type__: "bytes", __value__: 5 },
]; // prettier-ignore

/** A message as somebody else's bug, a bad disk or an enemy would have it. */
export function mutate(entry: string, random: SeededRandom): string {
  return random.pick([
    flipCharacters,
    cutOff,
    splice,
    changeEnvelope,
    changeEnvelope,
    changeBody,
    changeBody,
  ])(entry, random);
}

function flipCharacters(entry: string, random: SeededRandom): string {
  const characters = entry.split("");
  for (let n = random.int(1, 5); n > 0; n--) {
    characters[random.int(0, characters.length - 1)] = String.fromCharCode(random.int(0, 255));
  }
  return characters.join("");
}

function cutOff(entry: string, random: SeededRandom): string {
  return entry.slice(0, random.int(0, entry.length - 1));
}

function splice(entry: string, random: SeededRandom): string {
  const from = random.int(0, entry.length);
  return entry.slice(0, from) + entry.slice(random.int(0, entry.length));
}

function changeEnvelope(entry: string, random: SeededRandom): string {
  const envelope: unknown = JSON.parse(entry);
  for (let n = random.int(1, 3); n > 0; n--) changeSomething(envelope, random);
  return JSON.stringify(envelope);
}

function changeBody(entry: string, random: SeededRandom): string {
  const envelope = JSON.parse(entry) as { body: string };
  const bytes = Buffer.from(envelope.body, "base64");
  try {
    const body: unknown = JSON.parse(bytes.toString());
    for (let n = random.int(1, 3); n > 0; n--) changeSomething(body, random);
    return JSON.stringify({ ...envelope, body: Buffer.from(JSON.stringify(body)).toString("base64") });
  } catch {
    // Another serializer, or compressed.
    for (let n = random.int(1, 5); n > 0; n--) bytes[random.int(0, bytes.length - 1)] = random.int(0, 255);
    return JSON.stringify({ ...envelope, body: bytes.toString("base64") });
  }
}

/** Replaces, removes or adds one member somewhere in a tree. */
function changeSomething(tree: unknown, random: SeededRandom): void {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(tree);
  if (places.length === 0) return;
  const [parent, key] = random.pick(places);
  const how = random.int(0, 3);
  if (how === 0 && !Array.isArray(parent)) delete parent[key];
  else if (how === 1 && !Array.isArray(parent))
    parent[String(random.pick(["extra", "__proto__", "id", "task"]))] = structuredClone(
      random.pick(strangers),
    );
  else parent[key] = structuredClone(random.pick(strangers));
}
