// A dense table: the first column names the row, and opens it where it can be opened.
import { type ReactNode, useId } from 'react';

export interface Column<T> {
  readonly id: string;
  readonly label: string;
  readonly cell: (row: T) => ReactNode;
  readonly numeric?: boolean;
  readonly hideLabel?: boolean; // of a column of buttons
}

interface TableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  selected?: string | undefined;
  /** Said in the place of rows where there are none. */
  empty: string;
}

export function Table<T>({ label, columns, rows, keyOf, selected, empty }: TableProps<T>) {
  const id = useId();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reachable by keyboard
    <section className="table-frame" aria-labelledby={id} tabIndex={0}>
      <table className="data">
        <caption id={id} className="hidden">
          {label}
        </caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.id} scope="col" className={c.numeric ? 'figure' : undefined}>
                {c.hideLabel ? <span className="hidden">{c.label}</span> : c.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className={keyOf(row) === selected ? 'selected' : undefined}>
              {columns.map((c) => (
                <td key={c.id} className={c.numeric ? 'num figure' : c.hideLabel ? 'act' : undefined}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length} className="faint table-empty">
                {empty}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
