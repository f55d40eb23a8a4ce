/** What a log line may name in a template of Celery's, such as `worker_log_format`. */
export interface TemplateFields {
  readonly asctime: string;
  readonly levelname: string;
  readonly processName: string;
  readonly process: string;
  readonly message: string;
  readonly task_name: string;
  readonly task_id: string;
}

/** Fills in a template in Python's form: `%(asctime)s`, `%(levelname)-8s`. A field that we do not have stays as `???`. */
export function fillTemplate(template: string, fields: TemplateFields): string {
  return template.replaceAll(
    /%(?:%|\((\w+)\)(-?)(\d*)[sd])/g,
    (_all, ...[name, left, width]: [name: string | undefined, left: string, width: string]) => {
      if (name === undefined) return "%";
      const text = Object.hasOwn(fields, name) ? fields[name as keyof TemplateFields] : "???";
      return left === "-" ? text.padEnd(Number(width)) : text.padStart(Number(width));
    },
  );
}
