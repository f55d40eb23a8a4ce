import { describe, expect, it } from "vitest";
import { TaskArgumentsError } from "../errors.ts";
import { bindArguments, type TaskShape } from "./bind-arguments.ts";

function shape(parts: Partial<TaskShape> = {}): TaskShape {
  return { name: "t.f", params: undefined, required: 2, takesKwargs: false, typing: true, ...parts };
}

/** Message of the error, which must be the one for wrong arguments. */
function refusal(parts: Partial<TaskShape>, args: unknown[], kwargs: Record<string, unknown> = {}): string {
  try {
    bindArguments(shape(parts), args, kwargs);
  } catch (error) {
    if (error instanceof TaskArgumentsError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("without names for the parameters", () => {
  it("positional arguments stay as they are, also more than are required", () => {
    expect(bindArguments(shape(), [1, 2, 3], {})).toEqual([1, 2, 3]);
  });

  it("keyword arguments become one object at the end", () => {
    expect(bindArguments(shape(), [1], { y: 2 })).toEqual([1, { y: 2 }]);
    expect(bindArguments(shape(), [1, 2], {})).toEqual([1, 2]);
  });

  it("too few are refused, with the way out", () => {
    expect(refusal({}, [1])).toMatch(/^t\.f\(\) takes 2 arguments, not 1\. .*"params"/);
    expect(bindArguments(shape({ typing: false }), [1], {})).toEqual([1]);
  });
});

describe("with a function whose text tells how much it takes", () => {
  it("surplus arguments are refused, as Python refuses them", () => {
    expect(bindArguments(shape({ most: 2 }), [1, 2], {})).toEqual([1, 2]);
    expect(refusal({ most: 2 }, [1, 2, 3])).toBe("t.f() takes 2 positional arguments, not 3");
    expect(bindArguments(shape({ most: 2, typing: false }), [1, 2, 3], {})).toEqual([1, 2, 3]);
  });

  it("keyword arguments that no parameter is left for are refused by name", () => {
    expect(bindArguments(shape({ most: 2 }), [1], { y: 2 })).toEqual([1, { y: 2 }]);
    expect(refusal({ most: 2 }, [1, 2], { z: 3 })).toBe("t.f() got an unexpected keyword argument 'z'");
  });

  it("a schema's keyword arguments keep their place", () => {
    const parts = { takesKwargs: true, most: 2 };
    expect(bindArguments(shape(parts), [1], { z: 3 })).toEqual([1, { z: 3 }]);
    expect(refusal(parts, [1, { z: 3 }])).toBe("t.f() takes 1 positional arguments, not 2");
  });
});

describe("with a schema for keyword arguments", () => {
  it("the object is always there, even empty, and never spread over the names", () => {
    const parts = { takesKwargs: true, params: ["x", "options"] };
    expect(bindArguments(shape(parts), [1], {})).toEqual([1, {}]);
    expect(bindArguments(shape(parts), [1], { x: 2 })).toEqual([1, { x: 2 }]);
  });
});

describe("with named parameters", () => {
  const params = ["x", "y", "z?"];

  it("keyword arguments find their places, in any order", () => {
    expect(bindArguments(shape({ params }), [], { z: 3, y: 2, x: 1 })).toEqual([1, 2, 3]);
    expect(bindArguments(shape({ params }), [1], { y: 2 })).toEqual([1, 2]);
  });

  it("a gap before a given optional one is left to its default", () => {
    const f = (x: number, y = 5, z = 7): number[] => [x, y, z];
    const bound = bindArguments(shape({ params: ["x", "y?", "z?"], required: 1 }), [1], { z: 3 });
    expect(f(...(bound as [number, number, number]))).toEqual([1, 5, 3]);
  });

  it("may be null or undefined by will: given is given", () => {
    expect(bindArguments(shape({ params }), [undefined], { y: null })).toEqual([undefined, null]);
  });

  it("parameters with a default in the function need no mark", () => {
    expect(bindArguments(shape({ params: ["x", "y"], required: 1 }), [1], {})).toEqual([1]);
  });

  it("missing ones are refused by name", () => {
    expect(refusal({ params }, [])).toBe("t.f() is missing arguments: 'x', 'y'");
    expect(refusal({ params }, [], { x: 1 })).toBe("t.f() is missing arguments: 'y'");
  });

  it("too many are refused", () => {
    expect(refusal({ params }, [1, 2, 3, 4])).toBe("t.f() takes 3 arguments, not 4");
  });

  it("unknown and double ones are refused, also with the check of the number switched off", () => {
    for (const typing of [true, false]) {
      expect(refusal({ params, typing }, [1, 2], { w: 1 })).toBe(
        "t.f() got an unexpected keyword argument 'w'",
      );
      expect(refusal({ params, typing }, [1, 2], { x: 1 })).toBe(
        "t.f() got multiple values for argument 'x'",
      );
    }
  });

  it("names of Object's own members are no parameters", () => {
    const kwargs = JSON.parse('{"__proto__": 1}') as Record<string, unknown>;
    expect(refusal({ params }, [1, 2], kwargs)).toBe("t.f() got an unexpected keyword argument '__proto__'");
    expect(refusal({ params: ["toString"], required: 1 }, [])).toBe("t.f() is missing arguments: 'toString'");
  });
});
