import { createContext } from "svelte";
import {
  api,
  type AppState,
  type Formats,
  type LockState,
  type Settings,
  type Shop,
  type TextSize,
  type Theme,
  type WeekStart,
} from "../bridge";
import { textSize } from "../lib/text-size.svelte";
import { live, type Live } from "../lib/live.svelte";
import { language, spoken, type Locale } from "../messages/language.svelte";

/** The open shop and the settings, as the program holds them. Made once, by the root of the window. */
export class Session {
  readonly state: Live<AppState> = live(["shops", "settings", "lock"], () => api.appState());
  readonly shops: Shop[] = $derived(this.state.data?.shops ?? []);
  readonly shop: Shop | undefined = $derived(this.shops.find(({ id }) => id === this.state.data?.open));
  /** Nothing is made, moved or changed at NOWPayments. */
  readonly readOnly: boolean = $derived(this.shop?.read_only ?? false);
  readonly lock: LockState | undefined = $derived(this.state.data?.lock);
  /** Nothing of a shop may be shown. */
  readonly locked: boolean = $derived(this.lock?.locked ?? false);
  readonly theme: Theme = $derived(this.state.data?.settings.theme ?? "system");
  readonly textSize: TextSize = $derived(this.state.data?.settings.text_size ?? "normal");
  readonly language: Locale | null = $derived(spoken(this.state.data?.settings.language));

  readonly formats: Formats = $derived(this.state.data?.settings.formats ?? "system");
  readonly weekStart: WeekStart = $derived(this.state.data?.settings.week_start ?? "formats");

  constructor() {
    $effect.pre(() => language.write(this.formats));
    $effect.pre(() => {
      language.choose(this.language);
      document.documentElement.lang = language.current;
    });
    // Mostly the program speaks it already, in the forms of the same region, as it did the last time, and need not be told while the
    // window is being drawn.
    $effect(() => {
      const spoken = this.state.data?.spoken;
      if (spoken !== undefined && spoken !== language.tag) void api.speak(language.tag);
    });
    $effect.pre(() => textSize.choose(this.textSize));
    $effect.pre(() => {
      if (this.theme === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = this.theme;
    });
  }

  /** Changes some settings and keeps the others. */
  async save(change: Partial<Settings>): Promise<void> {
    const { theme, textSize: text_size, language, formats, weekStart: week_start } = this;
    await api.saveSettings({ theme, text_size, language, formats, week_start, ...change });
  }
}

export const [getSession, setSession] = createContext<Session>();
