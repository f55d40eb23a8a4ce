import type { Worker } from "../worker.ts";

/** Arguments of a command by name, as they came. */
export type PanelArguments = Readonly<Record<string, unknown>>;

/** A command of Celery's, as the panel obeys it. */
export interface PanelCommand {
  readonly run: (worker: Worker, args: PanelArguments) => unknown;
  /** Arguments without which Python raises a TypeError. */
  readonly required?: readonly string[];
  /** The only arguments that Python takes; absent when it ignores further ones. */
  readonly only?: readonly string[];
}

/** Commands by their names. */
export type PanelCommands = Readonly<Record<string, PanelCommand>>;

/** The command was done. */
export const ok = (value: string): { readonly ok: string } => ({ ok: value });

/** The command was refused. */
export const nok = (value: string): { readonly error: string } => ({ error: value });

/** One id, or a list of them. */
export function idsOf(value: unknown): string[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return [...new Set(given.filter((id) => typeof id === "string" && id !== ""))] as string[];
}
