import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import App from "../App.svelte";
import type { SyncStatus } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";

/** The clock of the window may be half a minute late. */
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000 - 45_000).toISOString();

function status(own: Partial<SyncStatus> = {}): SyncStatus {
  return {
    cached: 1_200,
    total: 1_200,
    complete: true,
    stopped: false,
    running: false,
    last_success: minutesAgo(5),
    next_at: null,
    trouble: null,
    ...own,
  };
}

/** A shop whose sync stands like this until it is told otherwise. */
function shop(now: SyncStatus, own: Parameters<typeof program>[0] = {}) {
  const sync = { now };
  const becomes = async (own: Partial<SyncStatus>) => {
    sync.now = { ...sync.now, ...own };
    await announce({ kind: "sync" });
  };
  program({
    sync_status: () => sync.now,
    sync_now: () => null,
    stop_sync: () => becomes({ stopped: true, running: false, next_at: null }),
    resume_sync: () => becomes({ stopped: false, running: true }),
    ...own,
  });
  render(App);
  return becomes;
}

/** The panel, by its words: jsdom lays nothing out, so that what floats is hidden and has no name there. */
async function opened(line: RegExp) {
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: line }));
  const heading = await screen.findByText("Fetching payments", { selector: "h2" });
  return { user, panel: within(heading.closest("section")!) };
}

const fact = (panel: ReturnType<typeof within>, label: string) =>
  panel.getByText(label).nextElementSibling?.textContent?.trim();

test("the line opens a panel with how far the history is, and it moves", async () => {
  const becomes = shop(
    status({ cached: 1_500, total: 20_000, complete: false, running: true, last_success: null }),
  );
  const { panel } = await opened(/Fetching history: 1,500 of 20,000/);
  const bar = panel.getByRole("progressbar", { hidden: true });
  expect(bar).toHaveAttribute("aria-valuenow", "1500");
  expect(bar).toHaveAttribute("aria-valuemax", "20000");
  expect(bar).toHaveAttribute("aria-valuetext", "1,500 of 20,000");
  expect(fact(panel, "On this computer")).toBe("1,500");
  expect(fact(panel, "At NOWPayments")).toBe("20,000");
  expect(fact(panel, "Last update")).toBe("Not yet");
  expect(fact(panel, "Next look")).toBe("Now");

  await becomes({ cached: 2_000 });
  expect(await panel.findByText("2,000 of 20,000")).toBeInTheDocument();
  await becomes({ cached: 20_000, complete: true, running: false, last_success: minutesAgo(0) });
  expect(await panel.findByText(/The whole history is here/)).toBeInTheDocument();
  expect(panel.queryByRole("progressbar", { hidden: true })).toBeNull();
});

test("the owner stops it, reads that it is stopped, and has it go on", async () => {
  shop(status({ cached: 1_500, total: 20_000, complete: false, running: true }));
  const { user, panel } = await opened(/Fetching history/);
  await user.click(panel.getByText("Stop fetching"));
  expect(await panel.findByText(/You stopped fetching payments/)).toBeInTheDocument();
  expect(argumentsOf("stop_sync")).toHaveLength(1);
  expect(panel.queryByText("Refresh now")).toBeNull();
  expect(screen.getByRole("button", { name: /^Stopped. Last update 5 minutes ago/ })).toBeVisible();

  await user.click(panel.getByText("Go on fetching"));
  expect(await panel.findByText("Stop fetching")).toBeInTheDocument();
  expect(argumentsOf("resume_sync")).toHaveLength(1);
});

test("one that was stopped before is said to be, with the way on beside it", async () => {
  shop(status({ stopped: true }));
  const user = userEvent.setup();
  expect(await screen.findByRole("button", { name: /^Stopped/ })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Go on fetching" }));
  expect(await screen.findByRole("button", { name: /Up to date/ })).toBeVisible();
});

test("offline it says since when, when it will look again, and that everything can be read", async () => {
  const message = "NOWPayments could not be reached. Nothing was done.";
  shop(
    status({
      trouble: { message, offline: true, since: minutesAgo(3) },
      next_at: new Date(2026, 10, 26, 14, 5).toISOString(),
    }),
  );
  const { user, panel } = await opened(/^Offline. Last update 5 minutes ago/);
  expect(panel.getByText(new RegExp(message))).toHaveTextContent("can still be read");
  expect(fact(panel, "Last update")).toBe("5 minutes ago");
  expect(fact(panel, "Since")).not.toBe("");
  expect(fact(panel, "Next look")).toBe("14:05");
  await user.click(panel.getByText("Refresh now"));
  expect(argumentsOf("sync_now")).toHaveLength(1);
});

test("what only the owner can mend is said in its own words and not called offline", async () => {
  const message = "NOWPayments does not know this API key.";
  shop(status({ trouble: { message, offline: false, since: minutesAgo(3) } }));
  const { panel } = await opened(/^There is a problem/);
  expect(panel.getByText(new RegExp(message))).toBeInTheDocument();
  expect(screen.queryByText(/Offline/)).toBeNull();
});

test("a stop that fails is said, and nothing looks stopped", async () => {
  shop(status(), {
    stop_sync: () => {
      throw failure("other", "The disk is full.");
    },
  });
  const { user, panel } = await opened(/Up to date/);
  await user.click(panel.getByText("Stop fetching"));
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
  expect(panel.getByText("Stop fetching")).toBeInTheDocument();
});

test("all of it is in the palette", async () => {
  shop(status());
  const user = userEvent.setup();
  await screen.findByRole("button", { name: /Up to date/ });
  await user.keyboard("{Control>}k{/Control}");
  for (const name of ["Refresh now", "Stop fetching", "Show how fetching payments stands"])
    expect(await screen.findByRole("option", { name })).toBeInTheDocument();
});
