/** What a worker does with an envelope: it runs the task, or why not. */
export interface Outcomes {
  /** `fails` and `expires` with a result; `drops` with a line in the log and nothing else; `dies` as a process. */
  readonly python: "runs" | "fails" | "expires" | "drops" | "dies";
  /** The code is that of the log line with which the message is discarded; the worker lives on in every case. */
  readonly q: "runs" | "fails" | "expires" | `ERR_Q_${string}`;
}

/**
 * One row per envelope of `vectors/tolerance_redis.json`. Where Q runs what Python does not, it is by decision:
 *
 * - `json_with_charset`, `real_gzip_body`: Python refuses parameters of a content type, and gzip that is not its own;
 *   what they mean is certain, so the tasks run here.
 * - `unknown_type_marker`: Python cannot decode a `__type__` it does not know; here the task gets the object as it came.
 * - `link_three_keys`: Python needs six keys in a callback; here the missing ones have defaults.
 * - `no_delivery_info`: the list that the envelope was taken from says the same.
 *
 * The other way round: Python calls the task with the arguments of `args_null` and `args_object`, which fails; here
 * they make no task message.
 */
export const outcomes: Readonly<Record<string, Outcomes>> = {
  minimal_headers: { python: "runs", q: "runs" },
  no_lang: { python: "runs", q: "runs" },
  no_id: { python: "dies", q: "ERR_Q_INVALID_TASK" },
  no_task: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  null_id: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  numeric_id: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  no_correlation_id: { python: "runs", q: "runs" },
  no_reply_to: { python: "runs", q: "runs" },
  no_delivery_mode: { python: "runs", q: "runs" },
  no_priority: { python: "runs", q: "runs" },
  no_body_encoding_but_base64: { python: "drops", q: "ERR_Q_DECODE" },
  body_encoding_utf8: { python: "runs", q: "runs" },
  body_plain_no_encoding: { python: "runs", q: "runs" },
  embed_empty_object: { python: "runs", q: "runs" },
  embed_null: { python: "runs", q: "runs" },
  two_elements: { python: "dies", q: "ERR_Q_INVALID_TASK" },
  body_object: { python: "runs", q: "runs" },
  kwargs_array: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  args_null: { python: "fails", q: "ERR_Q_INVALID_TASK" },
  args_object: { python: "fails", q: "ERR_Q_INVALID_TASK" },
  empty_body: { python: "dies", q: "ERR_Q_DECODE" },
  bad_json: { python: "drops", q: "ERR_Q_DECODE" },
  utf8_json: { python: "runs", q: "runs" },
  bom_json: { python: "drops", q: "ERR_Q_DECODE" },
  unknown_content_type: { python: "drops", q: "ERR_Q_UNKNOWN_CONTENT_TYPE" },
  pickle_content_type: { python: "drops", q: "ERR_Q_CONTENT_REFUSED" },
  json_with_charset: { python: "drops", q: "runs" },
  no_content_type: { python: "dies", q: "ERR_Q_INVALID_TASK" },
  no_content_encoding: { python: "runs", q: "runs" },
  timelimit_null: { python: "runs", q: "runs" },
  timelimit_numbers: { python: "runs", q: "runs" },
  eta_ms_z: { python: "runs", q: "runs" },
  eta_epoch_number: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  eta_garbage: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  eta_empty: { python: "dies", q: "ERR_Q_INVALID_TASK" },
  expires_past_z: { python: "expires", q: "expires" },
  expires_future_z: { python: "runs", q: "runs" },
  retries_null: { python: "runs", q: "runs" },
  ignore_result_null: { python: "runs", q: "runs" },
  ignore_result_true: { python: "runs", q: "runs" },
  stamps_without_list: { python: "runs", q: "runs" },
  stamped_headers_no_stamps: { python: "runs", q: "runs" },
  extra_headers: { python: "runs", q: "runs" },
  shadow: { python: "runs", q: "runs" },
  real_gzip_body: { python: "drops", q: "runs" },
  zlib_body: { python: "runs", q: "runs" },
  compression_alias_name: { python: "runs", q: "runs" },
  raw_deflate_body: { python: "drops", q: "ERR_Q_DECODE" },
  compression_null: { python: "runs", q: "runs" },
  unknown_compression: { python: "drops", q: "ERR_Q_UNKNOWN_COMPRESSION" },
  unknown_type_marker: { python: "drops", q: "runs" },
  bigint: { python: "runs", q: "runs" },
  link_six_keys: { python: "runs", q: "runs" },
  link_three_keys: { python: "fails", q: "runs" },
  chain_rest: { python: "runs", q: "runs" },
  unregistered: { python: "fails", q: "ERR_Q_NOT_REGISTERED" },
  protocol1: { python: "runs", q: "runs" },
  top_level_extra: { python: "runs", q: "runs" },
  no_headers_member: { python: "drops", q: "ERR_Q_INVALID_TASK" },
  exchange_null: { python: "runs", q: "runs" },
  delivery_tag_reused: { python: "runs", q: "runs" },
  no_delivery_info: { python: "dies", q: "runs" },
  no_delivery_tag: { python: "dies", q: "ERR_Q_MALFORMED_MESSAGE" },
  no_properties: { python: "dies", q: "ERR_Q_MALFORMED_MESSAGE" },
  not_json: { python: "dies", q: "ERR_Q_MALFORMED_MESSAGE" },
};
