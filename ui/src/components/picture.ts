/**
 * An SVG document as the address of a picture; `undefined` when it is none. In a picture nothing runs and nothing is loaded,
 * whatever the document says; it is read here first, so that one that is broken is noticed.
 */
export function pictureOf(svg: string): string | undefined {
  const { documentElement: root } = new DOMParser().parseFromString(svg, "image/svg+xml");
  if (root.localName !== "svg" || root.namespaceURI !== "http://www.w3.org/2000/svg") return undefined;
  if (root.querySelector("parsererror")) return undefined;
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
}
