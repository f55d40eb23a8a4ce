import { createApp } from "@q/core";
import { findComment, judgeComment } from "./comments.ts";

export const app = createApp("blog");

/** Decides whether readers see a comment. It gets the id alone: the text may have changed by the time it runs. */
export const filterComment = app.task(
  { name: "blog.filterComment", bind: true, params: ["id"], acksLate: true },
  async (self, id: number) => {
    const comment = findComment(id);
    if (comment === undefined) return "gone"; // deleted in the meantime
    const verdict = looksLikeSpam(comment.text) ? "spam" : "shown";
    judgeComment(id, verdict);
    self.logger.info({ comment: id, verdict }, "comment filtered");
    return verdict;
  },
);

/** In life this asks a service, and is the reason why the visitor should not wait for it. */
function looksLikeSpam(text: string): boolean {
  return (text.match(/https?:\/\//g) ?? []).length > 2 || /\b(casino|viagra)\b/i.test(text);
}
