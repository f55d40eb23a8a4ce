import { expect, it } from "vitest";
import { construct } from "./construct.ts";

interface Lamp {
  on(): string;
  off(): string;
}
const make = (maker: unknown) =>
  construct<Lamp>(maker, { name: 'the lamp "./lamps.js:make"', args: ["red"], methods: ["on", "off"] });

class RedLamp {
  readonly #color: string;

  constructor(color: string) {
    this.#color = color;
  }

  on(): string {
    return this.#color;
  }

  off(): string {
    return "black";
  }
}

it.each([
  ["a class", RedLamp],
  ["a function", (color: string) => new RedLamp(color)],
  ["a function that takes its time", async (color: string) => new RedLamp(color)],
])("makes what is wanted with %s", async (_, maker) => {
  expect((await make(maker)).on()).toBe("red");
});

it.each([undefined, null, "red", {}, new RedLamp("red")])(
  "is told what is wanted instead of %j",
  async (maker) => {
    await expect(make(maker)).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message:
        'the lamp "./lamps.js:make" is neither a function nor a class. Name one that makes something with the methods on, off.',
    });
  },
);

it.each([() => {}, () => null, class {}, () => ({ on: 1, off() {} })])(
  "looks at what %s makes",
  async (maker) => {
    await expect(make(maker)).rejects.toMatchObject({
      code: "ERR_Q_IMPROPERLY_CONFIGURED",
      message: expect.stringMatching(
        /^the lamp .* makes something without the methods on(, off)?\. It is to make/,
      ),
    });
  },
);

it("leaves alone what the function throws", async () => {
  const error = new TypeError("out of lamps");
  await expect(
    make(() => {
      throw error;
    }),
  ).rejects.toBe(error);
});
