// Rows of forms: what is asked, the box for it, a hint, and what is wrong with it in words.
import { type ReactNode, useId } from 'react';

interface RowProps {
  label: string;
  hint?: ReactNode;
  problem?: string | undefined;
}

interface TextFieldProps extends RowProps {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'number' | 'search' | 'date';
  min?: number;
  max?: number;
  maxLength?: number;
  rows?: number; // of a text of several lines
  readOnly?: boolean;
  first?: boolean; // has the focus when its form opens
  mono?: boolean;
  placeholder?: string;
}

export function TextField(props: TextFieldProps) {
  const { label, hint, problem, value, onChange, type = 'text', rows, first, mono, ...rest } = props;
  const id = useId();
  const box = {
    ...rest,
    id,
    value,
    className: mono ? 'input mono' : 'input',
    autoComplete: 'off',
    spellCheck: false,
    'aria-invalid': problem !== undefined || undefined,
    'aria-describedby': described(id, hint, problem),
    'data-first': first || undefined,
  };
  return (
    <Row id={id} label={label} hint={hint} problem={problem}>
      {rows ? (
        <textarea {...box} rows={rows} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input {...box} type={type} onChange={(event) => onChange(event.target.value)} />
      )}
    </Row>
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

interface SelectFieldProps extends RowProps {
  value: string;
  choices: readonly Choice[];
  onChange: (value: string) => void;
}

export function SelectField({ label, hint, problem, value, choices, onChange }: SelectFieldProps) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint} problem={problem}>
      <select
        id={id}
        className="input"
        value={value}
        aria-describedby={described(id, hint, problem)}
        onChange={(event) => onChange(event.target.value)}
      >
        {choices.map((c) => (
          <option key={c.value} value={c.value}>
            {c.label}
          </option>
        ))}
      </select>
    </Row>
  );
}

interface ChecksProps {
  label: string;
  hint?: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  empty: string;
}

/** Several of many, each with a box. */
export function Checks({ label, hint, choices, chosen, onChange, empty }: ChecksProps) {
  return (
    <fieldset className="checks">
      <legend>{label}</legend>
      {hint && <p className="faint field-hint">{hint}</p>}
      <div className="checks-list">
        {choices.length === 0 && <span className="faint">{empty}</span>}
        {choices.map((c) => (
          <label key={c.value} className="tick">
            <input
              type="checkbox"
              checked={chosen.includes(c.value)}
              onChange={(event) =>
                onChange(
                  event.target.checked ? [...chosen, c.value] : chosen.filter((value) => value !== c.value),
                )
              }
            />
            <span>{c.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface RadiosProps {
  label: string;
  value: string;
  choices: readonly (Choice & { readonly hint?: string })[];
  onChange: (value: string) => void;
}

/** One of a few, all in sight. */
export function Radios({ label, value, choices, onChange }: RadiosProps) {
  const name = useId();
  return (
    <fieldset className="checks">
      <legend>{label}</legend>
      {choices.map((c) => (
        <label key={c.value} className="tick">
          <input type="radio" name={name} checked={value === c.value} onChange={() => onChange(c.value)} />
          <span>
            {c.label}
            {c.hint && <span className="faint"> · {c.hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Row({ id, label, hint, problem, children }: RowProps & { id: string; children: ReactNode }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="faint field-hint">
          {hint}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} className="field-problem">
          {problem}
        </p>
      )}
    </div>
  );
}

function described(id: string, hint: ReactNode, problem: string | undefined): string | undefined {
  const ids = [hint ? `${id}-hint` : '', problem === undefined ? '' : `${id}-problem`].filter(Boolean);
  return ids.length > 0 ? ids.join(' ') : undefined;
}
