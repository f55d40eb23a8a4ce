import type { AsyncResult } from "../results/async-result.ts";
import { composeAll } from "./compose.ts";
import { appOf, Signature } from "./signature.ts";
import type { AnySignature, SignatureOf } from "./signature-of.ts";

type Steps = readonly AnySignature[];
type SixSteps = [AnySignature, AnySignature, AnySignature, AnySignature, AnySignature, AnySignature];
type UseMoreThanSix = "chain() takes six steps: add more with .pipe(…)";

/**
 * Steps that run one after the other, each with the result of the one before in front of its arguments. The same as
 * `a.pipe(b).pipe(c)`: chains inside are flattened, and a group with something behind it becomes a chord.
 *
 * Sending one gives the result of its last step; walk its `parent`s to the others. An empty chain does nothing, and
 * sending it gives `null`.
 */
export function chain<A extends readonly unknown[], R1, H1>(
  ...steps: [first: SignatureOf<A, R1, H1>]
): Signature<A, R1, H1>;
export function chain<A extends readonly unknown[], R1, R2, H2>(
  ...steps: [first: SignatureOf<A, R1>, second: SignatureOf<[NoInfer<R1>], R2, H2>]
): Signature<A, R2, H2>;
export function chain<A extends readonly unknown[], R1, R2, R3, H3>(
  ...steps: [
    first: SignatureOf<A, R1>,
    second: SignatureOf<[NoInfer<R1>], R2>,
    third: SignatureOf<[NoInfer<R2>], R3, H3>,
  ]
): Signature<A, R3, H3>;
export function chain<A extends readonly unknown[], R1, R2, R3, R4, H4>(
  ...steps: [
    first: SignatureOf<A, R1>,
    second: SignatureOf<[NoInfer<R1>], R2>,
    third: SignatureOf<[NoInfer<R2>], R3>,
    fourth: SignatureOf<[NoInfer<R3>], R4, H4>,
  ]
): Signature<A, R4, H4>;
export function chain<A extends readonly unknown[], R1, R2, R3, R4, R5, H5>(
  ...steps: [
    first: SignatureOf<A, R1>,
    second: SignatureOf<[NoInfer<R1>], R2>,
    third: SignatureOf<[NoInfer<R2>], R3>,
    fourth: SignatureOf<[NoInfer<R3>], R4>,
    fifth: SignatureOf<[NoInfer<R4>], R5, H5>,
  ]
): Signature<A, R5, H5>;
export function chain<A extends readonly unknown[], R1, R2, R3, R4, R5, R6, H6>(
  ...steps: [
    first: SignatureOf<A, R1>,
    second: SignatureOf<[NoInfer<R1>], R2>,
    third: SignatureOf<[NoInfer<R2>], R3>,
    fourth: SignatureOf<[NoInfer<R3>], R4>,
    fifth: SignatureOf<[NoInfer<R4>], R5>,
    sixth: SignatureOf<[NoInfer<R5>], R6, H6>,
  ]
): Signature<A, R6, H6>;
/** No more than that: the compiler says what to do instead. */
export function chain(
  ...steps: [...SixSteps, seventh: UseMoreThanSix, ...others: UseMoreThanSix[]]
): Signature;
/** Any number of steps, made by a program: their types are not compared. */
export function chain(
  steps: Iterable<AnySignature>,
): Signature<readonly unknown[], unknown, AsyncResult<unknown>>;
export function chain(...given: readonly unknown[]): unknown {
  const steps = listed(given as readonly (AnySignature | Iterable<AnySignature>)[]);
  return new Signature(composeAll(steps.map(({ node }) => node)), { app: appOf(...steps) });
}

/** Signatures given one by one, or as one iterable. */
export function listed(given: readonly (AnySignature | Iterable<AnySignature>)[]): Steps {
  const [first] = given;
  return given.length === 1 && first && Symbol.iterator in first ? [...first] : (given as Steps);
}
