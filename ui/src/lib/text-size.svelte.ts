import type { TextSize } from "../bridge";

const SCALES: Record<TextSize, number> = { normal: 1, large: 1.25, larger: 1.5, largest: 2 };

/**
 * A window of fewer rems across is narrow: `data-narrow` at the root says so to the styles. A container cannot: the width of
 * the navigation, and with it that of every container beside it, is one of these styles.
 */
const NARROW = 65;
/** In one of fewer the navigation has room for signs alone: `tight`, and `data-tight`. */
const TIGHT = 40;

/** How large text is: what is measured in pixels and goes with text is multiplied by it. */
class Size {
  scale = $state(1);
  tight = $state(false);
  /** The pixels of a rem. */
  readonly rem: number = $derived(16 * this.scale);

  constructor() {
    this.#measure();
    addEventListener("resize", () => this.#measure());
  }

  choose(size: TextSize): void {
    this.scale = SCALES[size];
    document.documentElement.style.fontSize = this.scale === 1 ? "" : `${this.scale * 100}%`;
    this.#measure();
  }

  #measure(): void {
    const root = document.documentElement;
    root.toggleAttribute("data-narrow", innerWidth <= NARROW * this.rem);
    this.tight = innerWidth <= TIGHT * this.rem;
    root.toggleAttribute("data-tight", this.tight);
  }
}

export const textSize = new Size();
