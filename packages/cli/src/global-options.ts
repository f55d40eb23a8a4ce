/** Options of every command; each may also be given as the environment variable named here. */
export const globalOptions = {
  app: { alias: "A", type: "string", describe: "app to use, as module or module:export [env: CELERY_APP]" },
  broker: { alias: "b", type: "string", describe: "broker URL [env: CELERY_BROKER_URL]" },
  "result-backend": { type: "string", describe: "result backend URL [env: CELERY_RESULT_BACKEND]" },
  config: { type: "string", describe: "module with settings [env: CELERY_CONFIG_MODULE]" },
  workdir: { type: "string", describe: "change to this directory first" },
  "no-color": { alias: "C", type: "boolean", describe: "no colours [env: NO_COLOR]" },
  quiet: { alias: "q", type: "boolean", describe: "print results only" },
} as const;

/** The global options, parsed. */
export interface GlobalArguments {
  readonly app?: string | undefined;
  readonly broker?: string | undefined;
  readonly resultBackend?: string | undefined;
  readonly config?: string | undefined;
  readonly workdir?: string | undefined;
  readonly noColor?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  /** `key=value` settings behind `--`. */
  readonly "--"?: readonly string[] | undefined;
}
