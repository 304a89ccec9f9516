import { createSubscriber } from "svelte/reactivity";
import { m } from "../messages";

/** The time to the second, for countdowns; it ticks while something looks at it. */
class Seconds {
  #look = createSubscriber((tick) => {
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  });

  get now(): number {
    this.#look();
    return Date.now();
  }
}

export const seconds = new Seconds();

/** Whole seconds until `time`, an ISO time; never less than zero. */
export function secondsUntil(time: string): number {
  return Math.max(0, Math.ceil((new Date(time).getTime() - seconds.now) / 1000));
}

/** A span of seconds in words: minutes while there are many, seconds when it gets close. */
export function span(length: number): string {
  return length >= 120 ? m.n_minutes({ count: Math.floor(length / 60) }) : m.n_seconds({ count: length });
}
