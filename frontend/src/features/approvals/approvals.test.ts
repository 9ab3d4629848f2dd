import { describe, expect, it } from "vitest";
import { serve } from "@/testing/server";
import { type Approval, answerLink, conditionsText, formOf } from "./approvals";

const APPROVAL: Approval = {
  flow_id: "1",
  can_approve: true,
  user_auth_required: false,
  approvers: [],
};

describe("answerLink", () => {
  it("keeps an approver without a name: the signature is about it", async () => {
    const asked = serve({ "POST /w/main/jobs_u/resume/1/2/abc": () => ({ text: "" }) });
    const link = { job: "1", resumeId: "2", signature: "abc" };
    await answerLink("main", { ...link, approver: "" }, true, { note: "x" });
    await answerLink("main", link, true, {});
    expect(asked.map((request) => request.query.get("approver"))).toEqual(["", null]);
    expect(asked[0]?.body).toEqual({ note: "x" });
  });
});

describe("formOf", () => {
  it("takes the choices that the step computed", () => {
    const form_schema = { properties: { who: { type: "string" }, n: { type: "integer" } } };
    expect(
      formOf({ ...APPROVAL, form_schema, enums: { who: ["a", "b"], n: "no list" } })?.properties,
    ).toEqual({
      who: { type: "string", enum: ["a", "b"] },
      n: { type: "integer" },
    });
  });
  it("is none where nothing is asked", () => {
    expect(formOf(APPROVAL)).toBeNull();
    expect(formOf({ ...APPROVAL, form_schema: { properties: {} } })).toBeNull();
  });
});

describe("conditionsText", () => {
  it("says who may answer", () => {
    const none = { user_auth_required: false, user_groups_required: [], self_approval_disabled: false };
    expect(conditionsText(none)).toEqual([]);
    expect(conditionsText({ ...none, user_auth_required: true })).toEqual([
      "You have to be signed in to answer.",
    ]);
    expect(
      conditionsText({
        user_auth_required: true,
        user_groups_required: ["a", "b"],
        self_approval_disabled: true,
      }),
    ).toEqual(["Only members of a or b may answer.", "Whoever started it may not approve it."]);
  });
});
