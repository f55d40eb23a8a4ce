/** An error that is answered under the name of a Python exception, which tools of Celery know. */
export function pythonError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** An error as Python prints it: `KeyError('x')`. */
export function pythonErrorRepr({ name, message }: Error): string {
  return `${name}(${pythonText(message)})`;
}

/** A text as Python prints it: in single quotes unless it holds some, and no double ones. */
export function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

/** Texts as Python prints a set of them. */
export function pythonSet(texts: Iterable<string>): string {
  const shown = [...texts].map(pythonText);
  return shown.length === 0 ? "set()" : `{${shown.join(", ")}}`;
}
