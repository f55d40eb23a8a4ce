/** A page with a form for comments. They are shown when a worker has let them through. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { addComment, shownComments } from "./comments.ts";
import { app, filterComment } from "./tasks.ts";

const server = createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(500).end("Something went wrong.\n");
  });
});
server.listen(Number(process.env["PORT"] ?? 8000), () => {
  const address = server.address();
  console.log(`http://localhost:${typeof address === "object" ? address?.port : address}/`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close(() => void app.close()));

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "POST") return takeComment(request, response);
  const comments = shownComments().map(
    ({ author, text }) => `<li><b>${escape(author)}</b>: ${escape(text)}</li>`,
  );
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(`<ul>${comments.join("")}</ul>${FORM}`);
}

async function takeComment(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await textOf(request));
  const [author, text] = [form.get("author"), form.get("text")];
  if (!author || !text) return void response.writeHead(400).end("Please give a name and a text.\n");
  // First stored, then sent: whoever runs the task finds the comment.
  const id = addComment(author, text);
  await filterComment.delay(id);
  response.writeHead(303, { location: "/" }).end();
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request.setEncoding("utf8")) {
    text += String(part);
    if (text.length > 10_000) throw new Error("a comment of more than 10,000 characters");
  }
  return text;
}

const escape = (text: string): string => text.replace(/[&<>"]/g, (one) => `&#${one.codePointAt(0)};`);

const FORM = `<form method="post">
  <input name="author" placeholder="Your name" required>
  <textarea name="text" required></textarea>
  <button>Send</button>
</form>`;
