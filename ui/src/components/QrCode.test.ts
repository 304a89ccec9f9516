import { render, screen } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { program } from "../bridge/test-program";
import QrCode from "./QrCode.svelte";

test("a QR code is drawn as the program made it, and has a name", async () => {
  program({ qr_code: () => ({ size: 33, path: "M4 4h7v1h-7z" }) });
  render(QrCode, { text: "TJRab", label: "QR code of the address" });
  const code = await screen.findByRole("img", { name: "QR code of the address" });
  expect(code).toHaveAttribute("viewBox", "0 0 33 33");
  expect(code.querySelector("path")).toHaveAttribute("d", "M4 4h7v1h-7z");
});

test("the code of one text is never shown for another", async () => {
  let answer!: (code: unknown) => void;
  const later = new Promise((resolve) => (answer = resolve));
  const path = "M4 4h7v1h-7z";
  program({ qr_code: ({ text }: { text: string }) => (text === "second" ? later : { size: 29, path }) });
  const { rerender } = render(QrCode, { text: "first", label: "The code" });
  await screen.findByRole("img");
  await rerender({ text: "second", label: "The code" });
  expect(screen.queryByRole("img")).toBeNull();
  answer({ size: 37, path });
  expect(await screen.findByRole("img")).toHaveAttribute("viewBox", "0 0 37 37");
});
