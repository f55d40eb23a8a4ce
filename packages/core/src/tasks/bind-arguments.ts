import { TaskArgumentsError } from "../errors.ts";

/** What is known of a task's function. */
export interface TaskShape {
  readonly name: string;
  /** Names of positional parameters; a `?` at the end marks an optional one. */
  readonly params: readonly string[] | undefined;
  /** Parameters without a default, the bound context not counted. */
  readonly required: number;
  /** Most positional arguments, where the function's text tells; absent with defaults, rest or `arguments`. */
  readonly most?: number | undefined;
  /** Keyword arguments go, as one object, to the last parameter. */
  readonly takesKwargs: boolean;
  /** `false` switches the check off. */
  readonly typing: boolean;
}

/**
 * The arguments with which a task's function is called. With `params` keyword arguments fill their positions;
 * otherwise a non-empty keyword object becomes the last argument.
 *
 * @throws {TaskArgumentsError} where Python would raise TypeError: too few, too many, unknown or double arguments
 */
export function bindArguments(
  shape: TaskShape,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  if (hasNames(shape)) return bindNamed(shape, args, kwargs);
  const bound = shape.takesKwargs || hasKeys(kwargs) ? [...args, kwargs] : args;
  if (shape.typing && shape.most !== undefined && bound.length > shape.most) {
    if (args.length <= shape.most && !shape.takesKwargs) {
      const [key = ""] = Object.keys(kwargs);
      throw new TaskArgumentsError(`${shape.name}() got an unexpected keyword argument '${key}'`);
    }
    const positional = shape.takesKwargs ? Math.max(0, shape.most - 1) : shape.most;
    throw new TaskArgumentsError(
      `${shape.name}() takes ${positional} positional arguments, not ${args.length}`,
    );
  }
  if (shape.typing && bound.length < shape.required) {
    throw new TaskArgumentsError(
      `${shape.name}() takes ${shape.required} arguments, not ${bound.length}. ` +
        `Give an optional parameter a default value, or mark it in "params" as "name?".`,
    );
  }
  return bound;
}

type NamedShape = TaskShape & { readonly params: readonly string[] };

function hasNames(shape: TaskShape): shape is NamedShape {
  return shape.params !== undefined && !shape.takesKwargs;
}

function bindNamed(
  shape: NamedShape,
  args: readonly unknown[],
  kwargs: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  const names = shape.params.map((param) => param.replace(/\?$/, ""));
  if (shape.typing && args.length > names.length) {
    throw new TaskArgumentsError(`${shape.name}() takes ${names.length} arguments, not ${args.length}`);
  }
  const bound = [...args];
  for (const [key, value] of Object.entries(kwargs)) {
    const position = names.indexOf(key);
    if (position < 0)
      throw new TaskArgumentsError(`${shape.name}() got an unexpected keyword argument '${key}'`);
    if (position < args.length)
      throw new TaskArgumentsError(`${shape.name}() got multiple values for argument '${key}'`);
    bound[position] = value;
  }
  const missing = names.filter((name, index) =>
    isMissing(shape, { index, given: args.length, kwargs, name }),
  );
  if (shape.typing && missing.length > 0) {
    throw new TaskArgumentsError(
      `${shape.name}() is missing arguments: ${missing.map((name) => `'${name}'`).join(", ")}`,
    );
  }
  return bound;
}

function isMissing(
  shape: NamedShape,
  at: { index: number; given: number; kwargs: Readonly<Record<string, unknown>>; name: string },
): boolean {
  const optional = (shape.params[at.index] ?? "").endsWith("?") || at.index >= shape.required;
  return !optional && at.index >= at.given && !Object.hasOwn(at.kwargs, at.name);
}

function hasKeys(value: Readonly<Record<string, unknown>>): boolean {
  for (const _ in value) return true;
  return false;
}
