import type { ReactNode, Ref } from 'react';
import { Icon, type IconName } from './icons';
import { KeyHint } from './key-hint';

interface ButtonProps {
  children: ReactNode;
  onPress?: () => void;
  icon?: IconName;
  kind?: 'plain' | 'primary' | 'go' | 'stop';
  small?: boolean;
  /** Why it cannot be pressed now. The button stays where it is and can be reached, so that the reason can be read. */
  why?: string | undefined;
  title?: string | undefined;
  pressed?: boolean;
  /** Of a button that opens something: whether it is open. */
  expanded?: boolean;
  autoFocus?: boolean;
  shortcut?: { label: string; aria: string };
  className?: string;
  type?: 'button' | 'submit';
  ref?: Ref<HTMLButtonElement>;
}

/** A button that is disabled with a reason rather than gone. */
export function Button(props: ButtonProps) {
  const {
    children,
    onPress,
    icon,
    kind,
    small,
    why,
    title,
    pressed,
    expanded,
    autoFocus,
    shortcut,
    className,
    type = 'button',
    ref,
  } = props;
  const names = ['button', kind, small && 'small', className].filter(Boolean).join(' ');
  return (
    <button
      ref={ref}
      type={type}
      className={names}
      aria-disabled={why !== undefined || undefined}
      aria-description={why}
      aria-pressed={pressed}
      aria-expanded={expanded}
      // biome-ignore lint/a11y/noAutofocus: asked for where the person has just pressed what this button takes the place of
      autoFocus={autoFocus}
      aria-keyshortcuts={shortcut?.aria}
      title={why ?? title ?? (shortcut ? shortcut.label : undefined)}
      onClick={(event) => {
        if (why !== undefined) event.preventDefault();
        else onPress?.();
      }}
    >
      {icon && <Icon name={icon} />}
      <span className="button-text">{children}</span>
      {shortcut && <KeyHint label={shortcut.label} />}
    </button>
  );
}
