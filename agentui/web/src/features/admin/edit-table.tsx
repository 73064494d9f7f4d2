// A table whose rows are written in place, and saved together.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';

interface EditTableProps {
  label: string;
  /** Heads of the columns, without that of the rows' actions; a hint is shown when it is pointed at. */
  heads: readonly (string | { text: string; hint: string })[];
  /** In the place of rows, where there are none. */
  none?: string;
  /** One for each row, with a cell of actions at its end. */
  children: readonly ReactNode[];
}

export function EditTable({ label, heads, none, children }: EditTableProps) {
  const { t } = useTranslation();
  return (
    <section className="table-frame">
      <table className="data edit" aria-label={label}>
        <thead>
          <tr>
            {heads.map((head) => {
              const { text, hint } = typeof head === 'string' ? { text: head, hint: undefined } : head;
              return (
                <th key={text} scope="col" title={hint}>
                  {text}
                </th>
              );
            })}
            <th scope="col">
              <span className="hidden">{t('admin.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {children}
          {none !== undefined && children.length === 0 && (
            <tr>
              <td colSpan={heads.length + 1} className="faint table-empty">
                {none}
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

/** Takes a row out of the list. */
export function RemoveButton({ name, onPress }: { name: string; onPress: () => void }) {
  const { t } = useTranslation();
  return (
    <Button small className="plain" icon="close" onPress={onPress}>
      <span className="hidden">{t('admin.remove', { name })}</span>
    </Button>
  );
}
