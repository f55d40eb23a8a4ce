/** Settings: General. */
export interface GeneralSettings {
  /**
   * Serializer names or MIME types a consumer may decode; anything else is dropped with an error. Default
   * `["json"]`.
   */
  readonly acceptContent: readonly string[];
  /** As `acceptContent`, for values read from the result backend. `null`: the same list. Default `null`. */
  readonly resultAcceptContent: readonly string[] | null;
  /** Write message times in UTC; when off the system zone is used. Default `true`. */
  readonly enableUtc: boolean;
  /** Zone used to evaluate schedules and display local times. Default `"UTC"`. */
  readonly timezone: string;
  /** Private key for signing. Default `null`. */
  readonly securityKey: string | null;
  /** Passphrase of the private key. Default `null`. */
  readonly securityKeyPassword: string | Uint8Array | null;
  /** Own X.509 certificate. Default `null`. */
  readonly securityCertificate: string | null;
  /** Trusted certificates. Default `null`. */
  readonly securityCertStore: string | null;
  /** Digest of the signature. Default `"sha256"`. */
  readonly securityDigest: string;
}
