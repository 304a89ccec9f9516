/** Browsers stop growing an element near 33 million pixels, so a longer list is drawn on a shorter track. */
const LONGEST_TRACK = 8_000_000;
const SPARE_ROWS = 8;
const SPARE_AFTER_MS = 100;

/** Which rows of a list of fixed row height are in sight, however many there are; the last is always reachable. */
export class Rows {
  /** Height of what is seen of the list, in pixels, without its header. At most that of the window. */
  height = $state(innerHeight);
  /** How far the list itself is scrolled, in pixels; more than the track is where the list is longer. */
  offset = $state(0);
  /** Rows drawn above and below what is in sight, so that scrolling finds them there; those in sight come first. */
  #spare = $state(0);
  #top = $state(0);
  #track: HTMLElement | undefined;
  #count: () => number;
  #rowHeight: () => number;

  constructor({ height, count }: { height: () => number; count: () => number }) {
    this.#rowHeight = height;
    this.#count = count;
  }

  /** Height of a row, in pixels. */
  get rowHeight(): number {
    return this.#rowHeight();
  }

  get #length(): number {
    return this.#count() * this.rowHeight;
  }

  /** Height of the scrollable track, in pixels. */
  get track(): number {
    return Math.min(this.#length, LONGEST_TRACK);
  }

  /** Pixels of list to a pixel of track. */
  get #scale(): number {
    return this.#length <= LONGEST_TRACK ? 1 : (this.#length - this.height) / (this.track - this.height);
  }

  /** The first row to draw. */
  get first(): number {
    return Math.max(0, Math.floor(this.offset / this.rowHeight) - this.#spare);
  }

  /** One past the last row to draw. */
  get end(): number {
    return Math.min(this.#count(), Math.ceil((this.offset + this.height) / this.rowHeight) + this.#spare);
  }

  /** The rows to draw. */
  readonly drawn: number[] = $derived(
    Array.from({ length: Math.max(0, this.end - this.first) }, (_, n) => this.first + n),
  );

  /** Where the first drawn row stands on the track, in pixels. */
  get start(): number {
    return this.#top + this.first * this.rowHeight - this.offset;
  }

  /** Takes hold of the scrolling element. */
  attach = (track: HTMLElement): (() => void) => {
    this.#track = track;
    const wheel = (event: WheelEvent) => {
      if (this.#scale === 1 || event.ctrlKey) return;
      event.preventDefault();
      this.scrollTo(this.offset + event.deltaY * (event.deltaMode === 1 ? this.rowHeight : 1));
    };
    const scroll = () => {
      if (track.scrollTop === this.#top) return;
      this.#top = track.scrollTop;
      this.offset = this.#top * this.#scale;
    };
    track.addEventListener("wheel", wheel, { passive: false });
    track.addEventListener("scroll", scroll, { passive: true });
    const spare = setTimeout(() => (this.#spare = SPARE_ROWS), SPARE_AFTER_MS);
    return () => {
      clearTimeout(spare);
      track.removeEventListener("wheel", wheel);
      track.removeEventListener("scroll", scroll);
    };
  };

  /** Scrolls the list to `offset` pixels. */
  scrollTo(offset: number): void {
    this.offset = Math.min(Math.max(0, offset), Math.max(0, this.#length - this.height));
    if (!this.#track) return;
    this.#track.scrollTop = this.offset / this.#scale;
    this.#top = this.#track.scrollTop;
  }

  /** Brings row `at` into sight, moving no further than needed. */
  reveal(at: number): void {
    const top = at * this.rowHeight;
    if (top < this.offset) this.scrollTo(top);
    else if (top + this.rowHeight > this.offset + this.height)
      this.scrollTo(top + this.rowHeight - this.height);
  }

  /** The row that `key` leads to from row `at`; `undefined` when the key moves nothing. */
  step(key: string, at: number): number | undefined {
    const last = this.#count() - 1;
    const page = Math.max(1, Math.floor(this.height / this.rowHeight) - 1);
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    }[key];
    return to === undefined ? undefined : Math.min(Math.max(0, to), last);
  }
}
