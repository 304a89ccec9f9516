import { createSubscriber } from "svelte/reactivity";
import type { Palette } from "../bridge";

/** The colours of the theme that a chart is drawn in; who reads them while reacting follows the theme. */
class ThemeColours {
  #look = createSubscriber((changed) => {
    const chosen = new MutationObserver(changed);
    chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const night = matchMedia("(prefers-color-scheme: dark)");
    night.addEventListener("change", changed);
    return () => {
      chosen.disconnect();
      night.removeEventListener("change", changed);
    };
  });

  get palette(): Palette {
    this.#look();
    // A token is two colours, one for each theme: an element that wears it knows which of them it is.
    const wearing = document.body.appendChild(document.createElement("span"));
    const worn = (token: string) => {
      wearing.style.color = `var(--${token})`;
      return getComputedStyle(wearing).color;
    };
    const palette = { ink: worn("ink-2"), lines: worn("line"), series: [worn("accent"), worn("ink-3")] };
    wearing.remove();
    return palette;
  }
}

export const theme = new ThemeColours();
