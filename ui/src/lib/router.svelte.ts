/** Where the window is: `#/payments/123?status=failed` is `["payments", "123"]` with a query. */
class Route {
  #hash = $state(location.hash);
  readonly path = $derived(segments(this.#hash));
  readonly query = $derived(new URLSearchParams(this.#hash.split("?")[1] ?? ""));

  constructor() {
    addEventListener("hashchange", () => (this.#hash = location.hash));
  }

  /** Goes to `path`, a list of plain segments. */
  go(path: string[], query: Record<string, string | undefined> = {}): void {
    location.hash = href(path, query);
    this.#hash = location.hash;
  }

  /** Like `go`, without a step in the history: for what refines the same screen. */
  replace(path: string[], query: Record<string, string | undefined> = {}): void {
    history.replaceState(null, "", href(path, query));
    this.#hash = location.hash;
  }
}

/** The address of a screen, for links. */
export function href(path: string[], query: Record<string, string | undefined> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(given).toString();
  return `#/${path.map(encodeURIComponent).join("/")}${search && `?${search}`}`;
}

function segments(hash: string): string[] {
  const [path = ""] = hash.replace(/^#\/?/, "").split("?");
  return path.split("/").filter(Boolean).map(decode);
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export const route = new Route();
