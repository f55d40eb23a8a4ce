import { InvalidTaskError } from "../errors.ts";
import type { CallOptions } from "../tasks/call-options.ts";
import { optionsFromWire, optionsToWire } from "../protocol/signature-options.ts";
import type { SignatureJson } from "../protocol/embed.ts";

/** Anything that names a call not yet sent. */
export type SignatureLike = Signature | SignatureJson;

/**
 * A call not yet sent: task, arguments and options. Immutable: every change gives a new one. Its JSON is Celery's, so
 * it can travel inside messages and be run by workers of either language.
 *
 * @see wire protocol, "Signature object"
 */
export class Signature {
  readonly task: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: CallOptions;
  /** Takes no arguments from its caller. */
  readonly immutable: boolean;

  constructor(
    task: string,
    parts: {
      args?: readonly unknown[];
      kwargs?: Readonly<Record<string, unknown>>;
      options?: CallOptions;
      immutable?: boolean;
    } = {},
  ) {
    this.task = task;
    this.args = parts.args ?? [];
    this.kwargs = parts.kwargs ?? {};
    this.options = parts.options ?? {};
    this.immutable = parts.immutable ?? false;
  }

  /**
   * Reads a signature that travelled.
   *
   * @throws {InvalidTaskError} when it names no task, or a part of it has a wrong type
   */
  static fromJson(json: SignatureJson): Signature {
    if (!isRecord(json) || typeof json.task !== "string" || json.task === "") {
      throw new InvalidTaskError("a signature names no task. Find the program that sent the workflow");
    }
    const { task, args, kwargs, options, immutable } = json;
    if (!Array.isArray(args ?? []) || !isRecord(kwargs ?? {}) || !isRecord(options ?? {})) {
      throw new InvalidTaskError(`a signature of "${task}" has arguments or options of a wrong type`);
    }
    return new Signature(task, {
      args: args ?? [],
      kwargs: kwargs ?? {},
      options: optionsFromWire(options ?? {}),
      immutable: immutable ?? false,
    });
  }

  /** The same call with other options on top. */
  set(options: CallOptions): Signature {
    const { args, kwargs, immutable } = this;
    return new Signature(this.task, { args, kwargs, immutable, options: { ...this.options, ...options } });
  }

  /** The same call with `args` in front of its own; an immutable one stays as it is. */
  withArgs(args: readonly unknown[]): Signature {
    const { kwargs, options, immutable } = this;
    if (immutable) return this;
    return new Signature(this.task, { args: [...args, ...this.args], kwargs, options, immutable });
  }

  /** The form in which it travels, Celery's six keys. */
  toJSON(): SignatureJson {
    return {
      task: this.task,
      args: this.args,
      kwargs: this.kwargs,
      options: optionsToWire(this.options),
      subtask_type: null,
      immutable: this.immutable,
    };
  }
}

/** The travelling form of anything that names a call. */
export function signatureJson(signature: SignatureLike): SignatureJson {
  return signature instanceof Signature ? signature.toJSON() : signature;
}

/** The travelling forms of one or several signatures; `null` for none, as messages say it. */
export function signatureList(
  signatures: SignatureLike | readonly SignatureLike[] | undefined,
): readonly SignatureJson[] | null {
  if (signatures === undefined) return null;
  const list = (Array.isArray(signatures) ? signatures : [signatures]) as readonly SignatureLike[];
  return list.length === 0 ? null : list.map(signatureJson);
}

/** A signature that travelled is whatever its sender wrote. */
function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
