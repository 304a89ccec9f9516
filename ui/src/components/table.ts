import type { Snippet } from "svelte";

/** A column of a `Table`. */
export interface Column<Row> {
  id: string;
  label: string;
  /** The least width it needs, in rem. */
  min: number;
  /** Its share of the width that is left over; without one it keeps to `min`. */
  grow?: number;
  /** Amounts end where their column ends. */
  align?: "end";
  /** When the table gets too narrow, columns with the largest `keep` stay longest; those without always stay. */
  keep?: number;
  cell: Snippet<[Row, number]>;
}

const GAP_REM = 0.75;
const SIDES_REM = 3;

/** The columns that fit into `width` rem, in their order: the most important first, then whatever still finds room. */
export function fitting<Row>(columns: Column<Row>[], width: number): Column<Row>[] {
  const importance = ({ keep = Infinity }: Column<Row>) => keep;
  const chosen = new Set<Column<Row>>();
  let used = SIDES_REM - GAP_REM;
  for (const column of [...columns].sort((a, b) => importance(b) - importance(a))) {
    if (column.keep !== undefined && used + GAP_REM + column.min > width) continue;
    used += GAP_REM + column.min;
    chosen.add(column);
  }
  return columns.filter((column) => chosen.has(column));
}

/** The columns as tracks of a CSS grid. */
export function tracks<Row>(columns: Column<Row>[]): string {
  return columns.map(({ min, grow }) => (grow ? `minmax(${min}rem, ${grow}fr)` : `${min}rem`)).join(" ");
}
