import { createHmac } from "node:crypto";
import { createApp } from "@q/core";

export const app = createApp("hooks");

/** The other side cannot take it now: worth another attempt. */
class HookUnavailable extends Error {}

/** Posts JSON to a URL; gives what the other side answers. */
export const callHook = app.task(
  {
    name: "hooks.call",
    bind: true,
    params: ["url", "data"],
    acksLate: true, // a crash calls again; the other side knows the call by its idempotency key
    autoretryFor: [HookUnavailable],
    retryBackoff: true,
    maxRetries: 8,
    softTimeLimit: 10,
  },
  async (self, url: string, data: object): Promise<unknown> => {
    const body = JSON.stringify(data);
    const secret = process.env["HOOK_SECRET"] ?? "";
    const headers = {
      "content-type": "application/json",
      "idempotency-key": self.request.id,
      "x-signature": createHmac("sha256", secret).update(body).digest("hex"),
    };
    const response = await fetch(url, { method: "POST", headers, body, signal: self.signal }).catch(
      (error) => {
        throw new HookUnavailable(`${url} cannot be reached`, { cause: error });
      },
    );
    if (response.status === 429 || response.status >= 500)
      throw new HookUnavailable(`${url} answered ${response.status}`);
    if (!response.ok) throw new Error(`${url} refused the call: ${response.status}`);
    return (await response.json()) as unknown;
  },
);
