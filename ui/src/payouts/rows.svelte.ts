import { api, type BatchRow, type RowFilter } from "../bridge";
import { Pages } from "../lib/pages.svelte";

/** Rows of a batch in the order of the file, read as they come into sight. Made while a component is set up. */
export class BatchRows extends Pages<
  BatchRow,
  number,
  { rows: BatchRow[]; total: number; next: number | null }
> {
  constructor(batch: string, filter: () => RowFilter) {
    super(
      filter,
      async (after, limit) => {
        const { rows, total } = await api.payoutRows({ batch, filter: filter(), limit, after });
        return { rows, total, next: rows.at(-1)?.number ?? null };
      },
      (change) => change.kind === "payouts" && change.batch === batch,
    );
  }
}
