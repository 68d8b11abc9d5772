// What somebody types, once he has paused.
import { useEffect, useState } from "react";

/** Time without another change after which something is settled, milliseconds. */
const PAUSE = 250;

export function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const clock = setTimeout(() => settle(value), PAUSE);
    return () => clearTimeout(clock);
  }, [value]);
  return settled;
}
