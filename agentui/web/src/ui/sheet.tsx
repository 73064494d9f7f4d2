// A panel over the top of the transcript. It is not modal: the call goes on, and everything beside it stays usable.
import { type ReactNode, useEffect, useRef } from 'react';

interface SheetProps {
  label: string;
  className?: string;
  children: ReactNode;
  onClose: () => void;
  onKey?: (key: string) => boolean; // true where it was used
}

/** Takes the focus when it opens and gives it back when it closes; Escape closes it. */
export function Sheet({ label, className, children, onClose, onKey }: SheetProps) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const first = panel.current?.querySelector<HTMLElement>('[data-first]') ?? panel.current;
    first?.focus({ preventScroll: true });
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <div
      ref={panel}
      role="dialog"
      aria-label={label}
      className={className ? `sheet ${className}` : 'sheet'}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onClose();
        } else if (!event.altKey && !event.ctrlKey && !event.metaKey && onKey?.(event.key)) {
          event.preventDefault();
        }
      }}
    >
      {children}
    </div>
  );
}
