/** What a caller did wrong, under the name of the Python exception that tools of Celery know. */
class PythonError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** An error that is answered under the name of a Python exception. */
export function pythonError(name: string, message: string): Error {
  return new PythonError(name, message);
}

/** It tells of a slip of the caller. */
export function isPythonError(error: Error): boolean {
  return error instanceof PythonError;
}

/** An error as Python prints it: `KeyError('x')`. */
export function pythonErrorRepr({ name, message }: Error): string {
  return `${name}(${pythonText(message)})`;
}

/** A text as Python prints it: in single quotes unless it holds some, and no double ones. */
function pythonText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`);
  return quote + escaped + quote;
}

/** Texts as Python prints a set of them. */
export function pythonSet(texts: Iterable<string>): string {
  const shown = [...texts].map(pythonText);
  return shown.length === 0 ? "set()" : `{${shown.join(", ")}}`;
}
