import { createApp, currentTask, defineTask, type AsyncResult, type TaskContext } from "@q/core";

const app = createApp("consumer", { broker: "redis://localhost", taskSerializer: "json" });

export const add = app.task("consumer.add", (x: number, y: number) => x + y);
export const bound = app.task({ name: "consumer.bound", bind: true }, (self: TaskContext, name: string) => {
  self.logger.info({ name }, "greeting");
  return `Hello ${name}, try ${self.request.retries}`;
});
export const later = app.register(defineTask({ name: "consumer.later" }, async (n: number) => [n]));

export async function use(): Promise<string> {
  const sum: AsyncResult<number> = await add.delay(1, 2);
  const value: number = await sum.get({ timeout: 1 });
  const list: number[] = await (await later.applyAsync([value], { countdown: 1, queue: "other" })).get();
  const text: string = await (await bound.delay("you")).get();
  return text + String(list.length) + String(currentTask()?.request.id);
}

export async function misuse(): Promise<void> {
  // @ts-expect-error an argument is missing
  await add.delay(1);
  // @ts-expect-error an argument is of the wrong type
  await add.delay(1, "2");
  // @ts-expect-error there is no such option
  await add.applyAsync([1, 2], { countDown: 1 });
  // @ts-expect-error the result is a number
  const text: string = await (await add.delay(1, 2)).get();
  // @ts-expect-error there is no such setting
  createApp("consumer", { brokerUri: text });
}
