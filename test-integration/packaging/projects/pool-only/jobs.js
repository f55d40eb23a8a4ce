import { currentJob } from "@q/pool";

export const square = (n) => n * n;

export const name = () => currentJob()?.id;

export function spin() {
  for (;;);
}
