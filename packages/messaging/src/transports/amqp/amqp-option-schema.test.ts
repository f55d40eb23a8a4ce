import { describe, expect, it } from "vitest";
import { amqpDefaults } from "./amqp-options.ts";
import { parseAmqpOptions } from "./amqp-option-schema.ts";

describe("parseAmqpOptions", () => {
  it("confirms publishing by default", () => {
    expect(parseAmqpOptions({})).toMatchObject({ confirmPublish: true });
    expect(parseAmqpOptions({})).toEqual(amqpDefaults);
  });

  it("takes Celery's spelling and ours", () => {
    const options = {
      confirm_publish: false,
      connectTimeout: 2,
      client_properties: { a: 1 },
      login_method: "amqplain",
    };
    expect(parseAmqpOptions(options)).toMatchObject({
      confirmPublish: false,
      connectTimeout: 2,
      clientProperties: { a: 1 },
      loginMethod: "AMQPLAIN",
    });
  });

  it("accepts the retry policy that the connection reads", () => {
    const policy = { max_retries: null, interval_start: 0, interval_step: 0.2, interval_max: 1 };
    expect(() => parseAmqpOptions(policy)).not.toThrow();
  });

  it("names the nearest known option for an unknown one", () => {
    expect(() => parseAmqpOptions({ confirm_publsh: true })).toThrow(
      'broker_transport_options has no "confirm_publsh" for RabbitMQ. Did you mean "confirmPublish"?',
    );
  });

  it("passes over options of other transports, as Celery does", () => {
    expect(parseAmqpOptions({ visibility_timeout: 3600, region: "eu-west-1" })).toEqual(parseAmqpOptions({}));
  });

  it("names the option whose value is wrong", () => {
    expect(() => parseAmqpOptions({ login_method: "KERBEROS" })).toThrow(/"loginMethod" is not valid/);
    expect(() => parseAmqpOptions({ read_timeout: -1 })).toThrow(/"readTimeout" is not valid/);
  });
});
