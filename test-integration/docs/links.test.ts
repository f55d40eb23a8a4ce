import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { pages, repository } from "./code-blocks.ts";

const all = [
  ...pages(),
  "CONTRIBUTING.md",
  ...readdirSync(`${repository}docs`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => `docs/${name}`),
];

/** Anchors of a page, as GitHub makes them from its headings. */
function anchors(page: string): Set<string> {
  const headings = readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = ""]) =>
      text
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    ),
  );
}

function isBroken(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? join(repository, page) : join(repository, dirname(page), path);
  if (!existsSync(target)) return true;
  return anchor !== undefined && (statSync(target).isDirectory() || !anchors(target).has(anchor));
}

it("links only to pages and headings that exist", () => {
  const broken = [...new Set(all)].flatMap((page) => {
    const text = readFileSync(join(repository, page), "utf8").replaceAll(/^```.*?^```$/gms, "");
    const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = ""]) => link);
    return links.filter((link) => isBroken(page, link)).map((link) => `${page}: ${link}`);
  });
  expect(broken).toEqual([]);
});
