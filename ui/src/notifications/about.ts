/** Where that is shown which a notification is about; a path for the router. */
export function about({
  payment,
  batch,
  subscription,
}: {
  payment: string | null;
  batch: string | null;
  subscription: string | null;
}): [string, string] | undefined {
  if (batch) return ["payouts", batch];
  if (subscription) return ["subscriptions", subscription];
  if (payment) return ["payments", payment];
  return undefined;
}
