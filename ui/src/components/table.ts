import type { Snippet } from "svelte";

export type Direction = "ascending" | "descending";

/** What a table is sorted by. */
export interface Sorting {
  /** The id of a column. */
  column: string;
  direction: Direction;
}

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
  /** Its head sorts by it, in this direction first. */
  sort?: Direction;
  cell: Snippet<[Row, number]>;
}

/** Which rows of a `Table` are selected, and what its keys and boxes do about it. */
export interface RowSelection {
  has: (at: number) => boolean;
  /** None, all or some of the rows are selected. */
  extent: "none" | "some" | "all";
  /** What the box of a row is called. */
  label: (at: number) => string;
  /** Selects a row, or takes it out again. */
  toggle: (at: number) => void;
  /** Selects all rows from one to another, in either direction. */
  extend: (from: number, to: number) => void;
  all: () => void;
  none: () => void;
}

/** What a `Table` is given. */
export interface TableProps<Row> {
  label: string;
  columns: Column<Row>[];
  /** How many rows there are in all, loaded or not. */
  count: number;
  /** The row at an index, `undefined` while it is being loaded. */
  row: (at: number) => Row | undefined;
  /** The index of the row whose details are open. */
  open?: number | null;
  onopen?: (at: number) => void;
  /** The Delete key was pressed on a row. */
  ondelete?: (at: number) => void;
  /** What the rows are sorted by. */
  sorting?: Sorting;
  /** Another order is wished for. */
  onsort?: (sorting: Sorting) => void;
  /** A column is to be so many pixels wide. */
  onwidth?: (column: string, width: number) => void;
  /** Rows can be selected. */
  selection?: RowSelection;
  /** The rows from `first` up to `end` are in sight: load them. */
  onsee?: (first: number, end: number) => void;
  /** Pixels; the same for every row. */
  rowHeight?: number;
}

/** How narrow and how wide a column can be made, in pixels, and by how much a key does it. */
export const WIDTH = { least: 48, most: 960, step: 16 };

type Sortable = Pick<Column<never>, "id" | "sort">;

/** The sorting that a press on the head of `column` leads to: by this column, or the other way round. */
export function sortedBy({ id, sort = "ascending" }: Sortable, now?: Sorting): Sorting {
  const turned = now?.direction === "ascending" ? "descending" : "ascending";
  return { column: id, direction: now?.column === id ? turned : sort };
}

const GAP_REM = 0.75;
const SIDES_REM = 3;
/** The column of boxes before all others. */
export const BOXES_REM = 1;

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
