import { expect, it } from "vitest";
import { createApp } from "../app/create-app.ts";
import type { ControlOptions } from "./control-options.ts";

it.each([
  [{ pattern: "mail*" }, /^ping: a pattern needs a matcher/],
  [{ matcher: "glob" }, /^ping: a pattern needs a matcher/],
  [{ pattern: "mail.*", matcher: "regexp" }, /^ping: there is no matcher "regexp"\. Use glob or pcre\.$/],
])("sends nothing to every worker that was meant for some: %j", async (options, message) => {
  await using app = createApp("test", { broker: "memory://" });
  await expect(app.control.ping(options as ControlOptions)).rejects.toMatchObject({
    code: "ERR_Q_IMPROPERLY_CONFIGURED",
    message: expect.stringMatching(message) as string,
  });
});
