/** What travels to an executor of functions: the payload of its jobs. */
export interface FunctionCall {
  /** Name of an export of the module. */
  readonly name: string;
  readonly args: readonly unknown[];
}
