/** Where that is shown which a notification is about; a path for the router. */
export function about({
  payment,
  batch,
}: {
  payment: string | null;
  batch: string | null;
}): [string, string] | undefined {
  if (batch) return ["payouts", batch];
  if (payment) return ["payments", payment];
  return undefined;
}
