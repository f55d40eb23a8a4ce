/** `async name(`, `function name(`, `(`: up to the parameters of a function, method or arrow. */
const simpleList = /^(?:async\s*)?(?:function\b\s*)?\*?\s*[\w$]*\s*\(([\w$\s,]*)\)/;
const bareArrow = /^(?:async\s+)?[\w$]+\s*=>/;

/**
 * The most arguments that a function can make use of, read from its own text, or undefined when the text does not
 * tell: with a default, rest or destructured parameter, a body that looks at `arguments`, or no text at all
 * (`bind`, native code). A function's `length` cannot tell, because it stops at the first default.
 */
export function mostArguments(run: (...args: never[]) => unknown): number | undefined {
  const text = Function.prototype.toString.call(run);
  if (/\barguments\b|\[native code\]/.test(text)) return undefined;
  if (bareArrow.test(text)) return 1;
  const list = simpleList.exec(text)?.[1];
  if (list === undefined) return undefined;
  const count = list.split(",").filter((name) => name.trim() !== "").length;
  // Anything else than agreement means that the text was read wrongly.
  return count === run.length ? count : undefined;
}
