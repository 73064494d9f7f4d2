// The ringing call: over the top of the middle column, not modal, so that the record beside it stays usable.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../ui/button';
import { since } from '../ui/format';
import { useDesk, useNow, usePhone, useSession } from '../ui/hooks';
import { PhoneNumber } from '../ui/phone-number';
import type * as wire from '../wire.gen';
import { TransferNote } from './control/people';
import { isTyping, keys } from './shortcuts';

// Who types when the phone rings must not answer by the key already on its way down.
const GUARD_MS = 350;

export function Incoming() {
  const offer = useDesk((s) => s.offer);
  const taken = useDesk((s) => s.phone.taken);
  if (!offer) return null;
  return <IncomingCall key={offer.interaction_id} offer={offer} elsewhere={taken} />;
}

function IncomingCall({ offer, elsewhere }: { offer: wire.Offer; elsewhere: boolean }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const pending = useDesk((s) => s.pending);
  const online = useDesk((s) => s.link === 'open');
  const name = useDesk((s) => s.customer?.name) || offer.customer_name;
  const { microphone } = usePhone();
  const now = useNow();
  const answer = useRef<HTMLButtonElement>(null);
  const guardUntil = useRef(0);

  useEffect(() => {
    const before = document.activeElement;
    if (isTyping(before)) guardUntil.current = performance.now() + GUARD_MS;
    answer.current?.focus({ preventScroll: true });
    return () => {
      // The focus goes back to where it was, unless the person has moved it since.
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, []);

  const why = !online ? t('bar.whyOffline') : elsewhere ? t('bar.whyTaken') : undefined;
  const seconds = Math.max(0, Math.ceil((Date.parse(offer.expires_at) - now) / 1000));
  const noVoice =
    microphone === 'denied' || microphone === 'missing' || microphone === 'busy' || microphone === 'insecure';
  return (
    <div
      className="incoming"
      role="alertdialog"
      aria-labelledby="incoming-title"
      aria-describedby="incoming-who incoming-queue"
      onKeyDownCapture={(event) => {
        const activates = event.key === 'Enter' || event.key === ' ';
        if (activates && performance.now() < guardUntil.current) event.preventDefault();
      }}
    >
      <div className="incoming-head row">
        <h2 id="incoming-title">{t('incoming.title')}</h2>
        <span className="grow" />
        <span className="faint num">{t('incoming.rings', { seconds })}</span>
      </div>
      <div className="incoming-body">
        <div id="incoming-who" className="grow">
          <div className="incoming-name cut">
            {name || (offer.from ? t('incoming.newCaller') : t('incoming.withheld'))}
          </div>
          {offer.from && <PhoneNumber value={offer.from} />}
        </div>
        <div id="incoming-queue" className="incoming-queue">
          <div>{offer.queue}</div>
          <div className="waiting num">{t('incoming.waited', { time: since(offer.waiting_since, now) })}</div>
        </div>
      </div>
      {offer.transferred && <TransferNote transferred={offer.transferred} />}
      {noVoice && <p className="incoming-note waiting">{t('incoming.noMicrophone')}</p>}
      <div className="row incoming-actions">
        <Button
          ref={answer}
          kind="go"
          icon="call"
          why={why}
          shortcut={keys.answer}
          onPress={() => dispatch({ kind: 'answer' })}
        >
          {pending.answering ? t('incoming.answering') : t('incoming.answer')}
        </Button>
        <Button icon="hangUp" why={why} shortcut={keys.decline} onPress={() => dispatch({ kind: 'decline' })}>
          {t('incoming.decline')}
        </Button>
      </div>
    </div>
  );
}
