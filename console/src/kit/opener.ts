// Where the focus goes back to.
import { useEffect, useRef } from "react";

/** Remembers what had the focus when something was opened, and gives it back once that is closed, or to what stands instead. */
export function useOpener(isOpen: boolean, instead: () => HTMLElement | null): () => void {
  const opener = useRef<Element | null>(null);
  useEffect(() => {
    if (isOpen || opener.current === null) return;
    // What is done to a row may have taken the row away, and its buttons.
    const back = opener.current.isConnected ? opener.current : instead();
    opener.current = null;
    if (back instanceof HTMLElement) back.focus();
  });
  return () => {
    opener.current = document.activeElement;
  };
}
