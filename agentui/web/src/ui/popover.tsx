import type { ReactNode } from 'react';

interface PopoverProps {
  id: string;
  label: string;
  children: ReactNode;
  wide?: boolean;
  onToggle?: (open: boolean) => void;
}

/** A panel of the browser's own popover: Escape and a click outside close it, focus goes back to its button. */
export function Popover({ id, label, children, wide, onToggle }: PopoverProps) {
  return (
    <div
      id={id}
      popover="auto"
      role="dialog"
      aria-label={label}
      className={wide ? 'popover wide' : 'popover'}
      onToggle={(event) => onToggle?.(event.newState === 'open')}
    >
      {children}
    </div>
  );
}
