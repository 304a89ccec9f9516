import { Pages as PagesOf } from "../lib/pages.svelte";

/** A list of subscriptions, read as it comes into sight. Make it while a component is being set up. */
export class Pages<
  Row,
  Place,
  Answer extends { rows: Row[]; total: number; next: Place | null },
> extends PagesOf<Row, Place, Answer> {
  /** `key` names the list: with another one it is read anew. */
  constructor(key: () => string, ask: (after: Place | null, limit: number) => Promise<Answer>) {
    super(key, ask, ({ kind }) => kind === "subscriptions");
  }
}
