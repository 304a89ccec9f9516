/** So many days are looked back. */
export type Period = "7" | "30" | "90" | "365";

export const periods: Period[] = ["7", "30", "90", "365"];
