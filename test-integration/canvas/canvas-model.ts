import { type App, chain, chord, group, type Signature } from "@q/core";
import fc from "fast-check";

/** How a task of a model behaves. */
export type Behaviour = "succeed" | "fail" | "retry";

/** A workflow, as small as it can be described. */
export type Model =
  | { readonly kind: "task"; readonly name: string; readonly behaviour: Behaviour }
  | { readonly kind: "chain"; readonly steps: readonly Model[] }
  | { readonly kind: "group"; readonly members: readonly Model[] }
  | { readonly kind: "chord"; readonly members: readonly Model[]; readonly body: Model };

/** What a model must come to: a value, a failure, or one of these for each member of a group at its end. */
export type Outcome =
  { readonly value: unknown } | { readonly failed: true } | { readonly members: readonly Outcome[] };

/**
 * Random workflows, whose tasks are named in their order. Groups have two members or more and no group directly inside:
 * that would be one group.
 */
export function models(): fc.Arbitrary<Model> {
  return unnamedModels().map((model) => named(model, "t"));
}

/** The same workflow with the tasks named `<prefix>1`, `<prefix>2`, … */
export function named(model: Model, prefix: string): Model {
  let count = 0;
  const rename = (one: Model): Model => {
    switch (one.kind) {
      case "task":
        return { ...one, name: `${prefix}${++count}` };
      case "chain":
        return { ...one, steps: one.steps.map(rename) };
      case "group":
        return { ...one, members: one.members.map(rename) };
      case "chord":
        return { ...one, members: one.members.map(rename), body: rename(one.body) };
    }
  };
  return rename(model);
}

function unnamedModels(): fc.Arbitrary<Model> {
  const behaviour = fc.oneof(
    { arbitrary: fc.constant("succeed" as const), weight: 8 },
    { arbitrary: fc.constant("fail" as const), weight: 1 },
    { arbitrary: fc.constant("retry" as const), weight: 1 },
  );
  const { any } = fc.letrec<{ any: Model; single: Model; task: Model }>((tie) => {
    const members = fc.array(tie("single"), { minLength: 2, maxLength: 4 });
    const chord = fc.record({ kind: fc.constant("chord" as const), members, body: tie("any") });
    const chain = fc.record({
      kind: fc.constant("chain" as const),
      steps: fc.array(tie("any"), { minLength: 2, maxLength: 3 }),
    });
    const group = fc.record({ kind: fc.constant("group" as const), members });
    return {
      task: behaviour.map((one): Model => ({ kind: "task", name: "", behaviour: one })),
      single: fc.oneof(
        { maxDepth: 3, depthIdentifier: "canvas", withCrossShrink: true },
        tie("task"),
        chain,
        chord,
      ),
      any: fc.oneof(
        { maxDepth: 3, depthIdentifier: "canvas", withCrossShrink: true },
        tie("task"),
        chain,
        chord,
        group,
      ),
    };
  });
  return any;
}

/** Workflows of any shape: what the types of these functions check is known of the models anyhow. */
const compose = { chain, chord, group } as unknown as {
  chain(...steps: Signature[]): Signature;
  group(members: Signature[]): Signature;
  chord(header: Signature[], body: Signature): Signature;
};

/** The signature of a model. */
export function signatureOf(app: App, model: Model): Signature {
  const build = (one: Model): Signature => signatureOf(app, one);
  switch (model.kind) {
    case "task":
      return app.signature("canvas.mark", [model.name, model.behaviour]);
    case "chain":
      return compose.chain(...model.steps.map(build));
    case "group":
      return compose.group(model.members.map(build));
    case "chord":
      return compose.chord(model.members.map(build), build(model.body));
  }
}

/** What `canvas.mark` returns. */
export function marked(name: string, input: unknown): string {
  return input === undefined ? name : `${name}(${JSON.stringify(input)})`;
}

/** The reference: what comes out of a model, whatever happens on the way. */
export function expected(model: Model, input?: unknown): Outcome {
  switch (model.kind) {
    case "task":
      return model.behaviour === "fail" ? { failed: true } : { value: marked(model.name, input) };
    case "group":
      return { members: model.members.map((member) => expected(member, input)) };
    case "chain":
      return sequence(model.steps, input);
    case "chord":
      return sequence([{ kind: "group", members: model.members }, model.body], input);
  }
}

function sequence(steps: readonly Model[], input: unknown): Outcome {
  let outcome: Outcome = { value: input };
  for (const step of flattened(steps)) {
    const value = valueOf(outcome);
    if (value === FAILED) return failedAs(steps.at(-1));
    outcome = expected(step, value);
  }
  return outcome;
}

/** Chains inside a chain are part of it. */
function flattened(steps: readonly Model[]): Model[] {
  return steps.flatMap((step) => (step.kind === "chain" ? flattened(step.steps) : [step]));
}

/** What does not run fails in the shape that it would have had. */
function failedAs(last: Model | undefined): Outcome {
  switch (last?.kind) {
    case "group":
      return { members: last.members.map((member) => failedAs(member)) };
    case "chain":
      return failedAs(last.steps.at(-1));
    case "chord":
      return failedAs(last.body);
    default:
      return { failed: true };
  }
}

const FAILED = Symbol("failed");

/** What the next step gets. */
function valueOf(outcome: Outcome): unknown {
  if ("failed" in outcome) return FAILED;
  if ("value" in outcome) return outcome.value;
  const values = outcome.members.map(valueOf);
  return values.includes(FAILED) ? FAILED : values;
}

/** How many tasks there are. */
export function taskCount(model: Model): number {
  const inAll = (models: readonly Model[]): number => models.reduce((sum, one) => sum + taskCount(one), 0);
  switch (model.kind) {
    case "task":
      return 1;
    case "chain":
      return inAll(model.steps);
    case "group":
      return inAll(model.members);
    case "chord":
      return inAll([...model.members, model.body]);
  }
}

/** Names of the tasks with which the bodies of chords begin, where a body is one task. */
export function bodyTasks(model: Model): string[] {
  switch (model.kind) {
    case "task":
      return [];
    case "group":
      return model.members.flatMap(bodyTasks);
    case "chain": {
      const steps = flattened(model.steps);
      const after = steps.filter((step, index) => steps[index - 1]?.kind === "group" && step.kind === "task");
      return [
        ...after.flatMap((step) => (step.kind === "task" ? [step.name] : [])),
        ...steps.flatMap(bodyTasks),
      ];
    }
    case "chord":
      return [
        ...(model.body.kind === "task" ? [model.body.name] : bodyTasks(model.body)),
        ...model.members.flatMap(bodyTasks),
      ];
  }
}
