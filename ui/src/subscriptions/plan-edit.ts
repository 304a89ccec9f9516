import type { Plan, PlanEdit } from "../bridge";

/** What the fields of a plan begin with. */
export function editOf(plan?: Plan): PlanEdit {
  return {
    title: plan?.title ?? "",
    interval_days: String(plan?.interval_days ?? 30),
    amount: plan?.amount ?? "",
    currency: plan?.currency.toUpperCase() ?? "",
    callback_url: plan?.callback_url ?? "",
    success_url: plan?.success_url ?? "",
    cancel_url: plan?.cancel_url ?? "",
    partially_paid_url: plan?.partially_paid_url ?? "",
  };
}

/** Whether a name is that of a field of a plan. */
export function isField(name: string | null | undefined): name is keyof PlanEdit {
  return !!name && Object.hasOwn(editOf(), name);
}
