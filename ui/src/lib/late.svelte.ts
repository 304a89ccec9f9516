/** What is there sooner, in milliseconds, needs no stand-in: one that flashes up is worse than none. */
export const SOON = 300;

/** Whether something takes so long that a stand-in is due. Make it while a component is being set up. */
export class Late {
  yes = $state(false);

  constructor() {
    $effect(() => {
      const timer = setTimeout(() => (this.yes = true), SOON);
      return () => clearTimeout(timer);
    });
  }
}
