/** A key beside what it does. For the eye only: `aria-keyshortcuts` tells the rest. */
export function KeyHint({ label }: { label: string }) {
  return (
    <span className="key" aria-hidden="true">
      {label}
    </span>
  );
}
