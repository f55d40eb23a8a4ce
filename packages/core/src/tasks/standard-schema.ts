import { TaskArgumentsError } from "../errors.ts";

/**
 * A schema of any library that follows the Standard Schema convention: zod, valibot, arktype and others.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchema<TOutput> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<TOutput> | Promise<StandardResult<TOutput>>;
  };
}

/** What a schema says of a value. */
export type StandardResult<TOutput> =
  { readonly value: TOutput; readonly issues?: undefined } | { readonly issues: readonly StandardIssue[] };

/** One thing that is wrong with a value. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The value as its schema wants it.
 *
 * @throws {TaskArgumentsError} that names every issue
 */
export async function validate<TOutput>(
  schema: StandardSchema<TOutput>,
  value: unknown,
  what: string,
): Promise<TOutput> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => `${issuePath(issue)}${issue.message}`);
  throw new TaskArgumentsError(`${what} did not match its schema: ${issues.join("; ")}`);
}

function issuePath(issue: StandardIssue): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === "object" ? part.key : part));
  const path = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return path === "" ? "" : `${path.replace(/^\./, "")}: `;
}
