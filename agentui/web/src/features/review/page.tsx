// The frame of the review pages. A call that rings meanwhile shows over them; answering leads back to the desk.
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { goHome, homeLink, type Place } from '../../state/place';
import { useDesk } from '../../ui/hooks';
import { Icon } from '../../ui/icons';
import { Banners } from '../banners';
import { Brand, HeaderMenu } from '../header';
import { Incoming } from '../incoming';
import { Pages } from '../pages';
import { PresenceControl } from '../presence';
import { Review } from '.';
import { Recent } from './recent';

export function ReviewPage({ place, onLeave }: { place: Place; onLeave: () => void }) {
  const { t } = useTranslation();
  const agent = useDesk((s) => s.me?.role === 'agent');
  const callID = useDesk((s) => (s.call?.state === 'active' ? s.call.interaction_id : ''));
  const had = useRef(callID);
  useEffect(() => {
    if (callID !== '' && callID !== had.current) goHome();
    had.current = callID;
  }, [callID]);
  return (
    <div className="review-page">
      <header className="head">
        <Brand />
        <Pages />
        {agent && <PresenceControl />}
        <span className="grow" />
        <HeaderMenu onLeave={onLeave} sound />
      </header>
      <main className="review-main">
        <div className="stage">
          <Incoming />
        </div>
        <Banners quiet={!agent} />
        <a className="link review-back" href={homeLink}>
          <Icon name="back" /> {agent ? t('review.backDesk') : t('review.backBoard')}
        </a>
        {place.page === 'review' ? (
          <Review key={place.interactionID} id={place.interactionID} startMS={place.atMS ?? 0} />
        ) : (
          <Recent />
        )}
      </main>
    </div>
  );
}
