import { describe, expect, it } from "vitest";
import { buildInPython } from "./build-in-python.ts";
import { queueOf, withFleet } from "./fleet.ts";

const { Q } = queueOf;

/** Scenarios of Celery's own integration suite, which `celery-suite/run.sh` runs as a whole. */
withFleet("what Celery's suite does to a worker", {}, (fleet) => {
  const build = (code: string): Promise<unknown> => buildInPython(fleet(), code, [Q]);

  it.each([
    ["callback", "add.s(1, 1)", "link"],
    ["error callback", "fail.s('InteropError', 'x')", "link_error"],
  ])("stamps a %s together with its task", async (_title, task, link) => {
    const code = `
id = celery.uuid()
sig = on(${task})
sig.${link}(on(tasks.request.s()).set(task_id=id))
sig.stamp(tenant="a")
sig.delay()
return ended(id)["stamps"]`;
    expect(await build(code)).toEqual({ tenant: "a" });
  });

  it("runs groups of one inside each other", async () => {
    const code = `
inner = group([group([on(add.s(1, 2))]) | on(identity.s())]) | on(identity.s())
return (group([inner]) | on(identity.s()))().get(timeout=30)`;
    expect(await build(code)).toEqual([[[3]]]);
  });

  it("takes a chain apart that is the only member of a group", async () => {
    const code =
      "return chain(on(add.s(1, 1)), group([chain(on(add.s(1)), on(add.s(2)))]))().get(timeout=30)";
    expect(await build(code)).toBe(5);
  });

  describe.each([
    ["alone", "bad"],
    ["as the only member of a group", "group([bad])"],
    ["in the header of a chord", "chord([good, bad], last)"],
    ["as the body of a chord", "chord([good, last], bad)"],
    ["as a step of a chain", "chain(good, bad, last)"],
    ["in a group at the end of a chain", "chain(good, group([last, bad]))"],
    ["in the header of a chord in a chain", "chain(good, group([last, bad]), good)"],
    ["as the body of a chord in a chain", "chain(good, group([last, good]), bad)"],
  ])("a task that is revoked by its stamp, %s,", (_title, workflow) => {
    it("ends the workflow as revoked", async () => {
      const code = `
import celery.exceptions
tenant = celery.uuid()
good, last, bad = on(identity.si(1)), on(identity.si(2)), on(identity.si(3))
bad.stamp(tenant=tenant)
app.control.revoke_by_stamped_headers({"tenant": [tenant]}, reply=True, timeout=20, limit=2)
try:
    return (${workflow}).apply_async().get(timeout=30)
except celery.exceptions.TaskRevokedError:
    return "revoked"`;
      expect(await build(code)).toBe("revoked");
    });
  });
});
