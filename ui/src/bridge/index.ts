// The only door to the program behind the window. Views call `api`, which throws a `Failure`, and `onChanged`.
import { listen } from "@tauri-apps/api/event";
import { commands, events, type Changed, type Failure as PlainFailure, type FailureCode } from "./bindings";

export type * from "./bindings";
export { FIAT_CURRENCIES, PAYOUT_TEMPLATE } from "./bindings";

/** What went wrong, in words for the shop owner; `field` names the field of the form that is meant. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly field: string | null;

  constructor({ code, message, field }: PlainFailure) {
    super(message);
    this.code = code;
    this.field = field;
  }

  /** Anything thrown, as a failure that can be shown. */
  static from(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new Failure({ code: "other", message, field: null });
  }
}

type Data<A> = A extends { status: "ok"; data: infer D } ? D : never;
type Unwrapped<Commands> = {
  [Name in keyof Commands]: Commands[Name] extends (...args: infer Args) => Promise<infer A>
    ? (...args: Args) => Promise<Data<A>>
    : never;
};

type Answer = { status: "ok"; data: unknown } | { status: "error"; error: PlainFailure };

function unwrapped(command: (...args: never[]) => Promise<Answer>) {
  return async (...args: never[]) => {
    const answer = await command(...args).catch((thrown: unknown) => {
      throw Failure.from(thrown);
    });
    if (answer.status === "error") throw new Failure(answer.error);
    return answer.data;
  };
}

/** Every command of the program by its name; a refusal is thrown as a `Failure`. */
export const api = Object.fromEntries(
  Object.entries(commands).map(([name, command]) => [name, unwrapped(command)]),
) as Unwrapped<typeof commands>;

/** What a view can depend on. */
export type Tag = Changed["kind"];

const handlers = new Set<(change: Changed) => void>();
let listening: Promise<unknown> | undefined;

/** Resolves once changes are heard. Files that came with the command line wait for it: then call `api.ready()`. */
export function listens(): Promise<unknown> {
  return (listening ??= events.happened.listen(({ payload }) => handlers.forEach((each) => each(payload))));
}

/** Calls `handler` for each change the program announces, until the returned function is called. */
export function onChanged(handler: (change: Changed) => void): () => void {
  handlers.add(handler);
  void listens();
  return () => void handlers.delete(handler);
}

/** Where a file that is being dragged over the window is. The drop itself is read by the program, never by the window. */
export type Dragging = "over" | "away" | "dropped";

/** Calls `handler` as files are dragged over the window, until the returned function is called. */
export function onDragged(handler: (dragging: Dragging) => void): () => void {
  const steps: [string, Dragging][] = [
    ["tauri://drag-enter", "over"],
    ["tauri://drag-leave", "away"],
    ["tauri://drag-drop", "dropped"],
  ];
  const heard = steps.map(([name, step]) =>
    listen<{ paths: string[] }>(name, ({ payload }) => {
      if (step === "away" || payload.paths.length) handler(step);
    }),
  );
  return () => heard.forEach((each) => void each.then((stop) => stop()));
}
