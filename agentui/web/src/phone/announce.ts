// Tells of a ringing call outside of the page: in the tab's title, and as a notification where that was allowed before.
import i18next from 'i18next';
import { needWords } from '../features/supervise/needs';
import type * as wire from '../wire.gen';

let notification: Notification | null = null;

/** Shows a caller, or with null that nothing rings any more. */
export function announceCall(caller: string | null): void {
  notification?.close();
  notification = null;
  if (caller === null) {
    document.title = i18next.t('app.name');
    return;
  }
  const who = caller || i18next.t('incoming.withheld');
  document.title = `☎ ${i18next.t('app.ringing', { caller: who })}`;
  if (!document.hidden || typeof Notification === 'undefined' || Notification.permission !== 'granted')
    return;
  notification = new Notification(i18next.t('incoming.title'), {
    body: who,
    tag: 'patchbay-call',
    silent: true,
  });
  notification.onclick = () => window.focus();
}

/** Tells a supervisor who looks elsewhere that a call may need them, where notifications were allowed. */
export function announceAlert(alert: wire.Alert): void {
  if (!document.hidden || typeof Notification === 'undefined' || Notification.permission !== 'granted')
    return;
  const shown = new Notification(i18next.t('supervise.alert'), {
    body: needWords(alert.code, alert.params, i18next.t),
    tag: `patchbay-${alert.interaction_id}-${alert.code}`,
  });
  shown.onclick = () => window.focus();
}
