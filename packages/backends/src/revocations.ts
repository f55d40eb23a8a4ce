/** Most revocations of a kind that a store keeps: as many as a worker does by default. The oldest go first. */
export const MAX_REVOCATIONS = 50_000;
