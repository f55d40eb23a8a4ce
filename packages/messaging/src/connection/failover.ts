/**
 * The order in which the URLs of a connection are tried: one after the other (`round-robin`), in a new random order
 * each time round (`shuffle`), or what a generator of your own yields; one that ends is started again.
 */
export type FailoverStrategy = "round-robin" | "shuffle" | ((urls: readonly string[]) => Iterable<string>);

/** An endless walk over the URLs in the order of the strategy. */
export function* failoverOrder(
  urls: readonly string[],
  strategy: FailoverStrategy,
): Generator<string, never> {
  for (;;) {
    let tried = 0;
    for (const url of oneRound(urls, strategy)) {
      tried++;
      yield url;
    }
    // A generator that yields nothing must not hang us.
    if (tried === 0) yield urls[0] ?? "";
  }
}

function oneRound(urls: readonly string[], strategy: FailoverStrategy): Iterable<string> {
  if (typeof strategy === "function") return strategy(urls);
  return strategy === "shuffle" ? shuffled(urls) : urls;
}

function shuffled(urls: readonly string[]): string[] {
  const order = [...urls];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = Math.floor(Math.random() * (last + 1));
    [order[last], order[chosen]] = [order[chosen] ?? "", order[last] ?? ""];
  }
  return order;
}
