/** The ends of an argument list, from all of it to nothing: what a partial may be given. */
export type LastArgs<TArgs extends readonly unknown[]> =
  TArgs | (TArgs extends readonly [unknown, ...infer TRest] ? LastArgs<TRest> : never);

/**
 * The arguments in front of `TGiven` that make it a whole argument list. Of a function with a rest parameter nothing is
 * known, and anything goes.
 */
export type MissingArgs<
  TArgs extends readonly unknown[],
  TGiven extends readonly unknown[],
> = number extends TArgs["length"] ? readonly unknown[] : LeadingArgs<TArgs, TGiven, []>;

type LeadingArgs<
  TArgs extends readonly unknown[],
  TGiven extends readonly unknown[],
  TLead extends readonly unknown[],
> =
  | (TGiven extends TArgs ? TLead : never)
  | (TArgs extends readonly [(infer THead)?, ...infer TTail]
      ? LeadingTail<TArgs, TTail, TGiven, [...TLead, THead]>
      : never);

/** Ends where nothing is left to leave out. */
type LeadingTail<
  TArgs extends readonly unknown[],
  TTail extends readonly unknown[],
  TGiven extends readonly unknown[],
  TLead extends readonly unknown[],
> = TArgs["length"] extends TTail["length"] ? never : LeadingArgs<TTail, TGiven, TLead>;
