import { Camera, type CameraOptions, type EventState } from "@q/core/events";
import { symbolByName } from "@q/core/internal";
import { UsageError } from "../errors.ts";

/** Stores the state of the fleet; for cameras that are functions. */
type Shutter = (state: EventState) => void | Promise<void>;

/**
 * The camera that `module:export` names: a subclass of `Camera`, or a function that gets the state.
 *
 * @throws {UsageError} when there is no such export, or it is neither
 */
export async function loadCamera(
  specifier: string,
  state: EventState,
  options: CameraOptions,
): Promise<Camera> {
  const found = await symbolByName(specifier).catch((error: unknown) => {
    throw new UsageError(`--camera: ${(error as Error).message}`, { cause: error });
  });
  if (typeof found !== "function") {
    throw new UsageError(`--camera: "${specifier}" is neither a subclass of Camera nor a function`);
  }
  // By its method: the module may have loaded a second copy of this package.
  const prototype: unknown = found.prototype;
  if (typeof prototype === "object" && prototype !== null && "onShutter" in prototype) {
    return new (found as unknown as typeof Camera)(state, options);
  }
  return new ShutterCamera(state, { options, shutter: found as Shutter });
}

class ShutterCamera extends Camera {
  readonly #shutter: Shutter;

  constructor(state: EventState, parts: { options: CameraOptions; shutter: Shutter }) {
    super(state, parts.options);
    this.#shutter = parts.shutter;
  }

  override onShutter(state: EventState): void | Promise<void> {
    return this.#shutter(state);
  }
}
