// What a field offers: the first of what the API lists, and whatever the typed text finds besides.
import { useEffect, useState } from "react";
import { useAnswer } from "../api/live.tsx";
import type { Offer, Option } from "./form.ts";

/** Time without another letter after which the API is asked, milliseconds. */
const PAUSE = 250;

export interface Options {
  options: Option[];
  /** Whether the first of them are there. */
  answered: boolean;
  error: Error | undefined;
  search: (typed: string) => void;
}

export function useOptions(offer: Offer | undefined): Options {
  const [typed, search] = useState("");
  const [sought, seek] = useState("");
  useEffect(() => {
    const clock = setTimeout(() => seek(typed.trim()), PAUSE);
    return () => clearTimeout(clock);
  }, [typed]);
  const { answer: first, error } = useAnswer(offer?.call);
  const more = offer?.search && sought !== "" ? { ...offer.call, params: { ...offer.call.params, ...offer.search(sought) } } : undefined;
  const { answer: found } = useAnswer(more);
  const { answer: others } = useAnswer(offer?.taken?.call);
  const taken = others === undefined ? [] : (offer?.taken?.pick(others) ?? []);
  const all = offer === undefined ? [] : [first, found].flatMap((answer) => (answer === undefined ? [] : offer.pick(answer)));
  const free = all.filter(({ value }) => !taken.includes(value));
  return { options: [...new Map(free.map((option) => [option.value, option])).values()], answered: first !== undefined, error, search };
}
