// Where the focus goes back to.
import { useEffect, useRef, type RefObject } from "react";

/** Remembers what had the focus when something was opened, and gives it back once that is closed, or to what stands instead. */
export function useOpener(isOpen: boolean, instead: RefObject<HTMLElement | null>): () => void {
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    if (isOpen || opener.current === null) return;
    // What is done to a row may have taken the row away, and its buttons.
    const back = opener.current.isConnected ? opener.current : instead.current;
    opener.current = null;
    if (back instanceof HTMLElement) back.focus();
    // Only when that changes: what is left to do of an earlier picture may be done after the opener was remembered, and would forget it.
  }, [isOpen, instead]);
  return () => {
    opener.current = document.activeElement;
  };
}
