import { describe, expect, it } from "vitest";
import { censor } from "./censor.ts";

describe("censor", () => {
  it.each([
    "s3_secret_access_key",
    "broker_password",
    "API_TOKEN",
    "database_url",
    "my_signature",
    "sentry_api",
  ])("masks the value of %s", (name) => {
    expect(censor(name, "open sesame")).toBe("********");
  });

  it("leaves what is not set", () => {
    expect(censor("broker_password", null)).toBeNull();
  });

  it.each([
    ["redis://:s3cret@h:6379/0", "redis://:**@h:6379/0"],
    ["amqp://guest:s3cret@h//;amqp://u:p%40ss@i//", "amqp://guest:**@h//;amqp://u:**@i//"],
    ["redis://:s3@cr/et@h/0", "redis://:**@h/0"],
    ["redis://s3cret@h", "redis://**@h"],
    ["redis://h/0?password=s3cret&db=1", "redis://h/0?password=**&db=1"],
    ["redis://localhost", "redis://localhost"],
  ])("masks the password of %s", (url, expected) => {
    expect(censor("broker_url", url)).toBe(expected);
  });

  it("looks into lists and maps", () => {
    const options = { urls: ["redis://:x@h"], sentinel_kwargs: { password: "x", db: 1 } };
    expect(censor("broker_transport_options", options)).toEqual({
      urls: ["redis://:**@h"],
      sentinel_kwargs: { password: "********", db: 1 },
    });
  });
});
