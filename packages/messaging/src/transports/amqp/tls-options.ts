import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { asError, ImproperlyConfiguredError } from "@q/kernel";

/** Options of Python's `ssl` that name a file, and Node's option that takes its content. */
const files: Readonly<Record<string, "key" | "cert" | "ca">> = {
  keyfile: "key",
  ssl_keyfile: "key",
  certfile: "cert",
  ssl_certfile: "cert",
  ca_certs: "ca",
  ssl_ca_certs: "ca",
};

/** Whether the broker's certificate is checked: Python's constants by name, by number, or spelt as in URLs. */
function isVerified(value: unknown): boolean {
  const text = String(value).toUpperCase();
  return !["0", "NONE", "CERT_NONE", "VERIFYMODE.CERT_NONE", "FALSE"].includes(text);
}

/**
 * Options for `node:tls` from `broker_use_ssl`. Python's names are translated, Node's names pass through.
 * Without `cert_reqs` the broker's certificate is verified.
 *
 * @throws {ImproperlyConfiguredError} when a file cannot be read
 */
export async function tlsOptions(
  ssl: boolean | Readonly<Record<string, unknown>>,
): Promise<ConnectionOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(typeof ssl === "boolean" ? {} : ssl)) {
    const content = Object.hasOwn(files, name) ? files[name] : undefined;
    if (value === undefined || value === null) continue;
    if (content !== undefined)
      options[content] = typeof value === "string" ? await readOption(name, value) : value;
    else if (name === "cert_reqs" || name === "ssl_cert_reqs")
      options["rejectUnauthorized"] = isVerified(value);
    else if (name === "check_hostname" || name === "ssl_check_hostname") {
      if (value === false) options["checkServerIdentity"] = () => undefined;
    } else if (name === "server_hostname") options["servername"] = value;
    else if (name === "keyfile_password") options["passphrase"] = value;
    else options[name] = value;
  }
  return options as ConnectionOptions;
}

async function readOption(name: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const text = `broker_use_ssl: cannot read ${name} "${path}". Check the path and the rights of this user.`;
    throw new ImproperlyConfiguredError(text, { cause: asError(error) });
  }
}
