import { QError, type QErrorOptions } from "@q/kernel";

/** A state could not be stored. */
export class BackendStoreError extends QError {
  readonly code = "ERR_Q_BACKEND_STORE";
  readonly taskId: string;
  readonly state: string;

  constructor(message: string, options: QErrorOptions & { readonly taskId: string; readonly state: string }) {
    super(message, options);
    this.taskId = options.taskId;
    this.state = options.state;
  }
}

/** Results could not be read. */
export class BackendGetError extends QError {
  readonly code = "ERR_Q_BACKEND_GET";
  readonly taskIds: readonly string[];

  constructor(message: string, options: QErrorOptions & { readonly taskIds: readonly string[] }) {
    super(message, options);
    this.taskIds = options.taskIds;
  }
}

/** Results were asked for, but no result backend is configured. */
export class NoBackendError extends QError {
  readonly code = "ERR_Q_NO_BACKEND";

  constructor() {
    super(
      'no result backend is configured. Set "backend" in createApp, or resultBackend / CELERY_RESULT_BACKEND.',
    );
  }
}

/** A URL scheme for which no result backend is registered. */
export class UnknownBackendError extends QError {
  readonly code = "ERR_Q_UNKNOWN_BACKEND";
}
