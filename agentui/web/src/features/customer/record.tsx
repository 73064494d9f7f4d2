// One customer's record.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { reviewLink } from '../../state/place';
import { initials, languageName, shortDate, when } from '../../ui/format';
import { useDesk, useNow, useSession } from '../../ui/hooks';
import { Icon, type IconName } from '../../ui/icons';
import { PhoneNumber } from '../../ui/phone-number';
import { Tabs } from '../../ui/tabs';
import type * as wire from '../../wire.gen';
import { Kept } from '../video/kept';
import { outcomeWords } from '../video/outcome';
import { probablyAbout, sameNumber } from './column-view';

interface RecordProps {
  customer: wire.CustomerView;
  number: string;
  browsing?: boolean; // of nobody who calls
}

export function RecordCard({ customer, number, browsing }: RecordProps) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const [tab, setTab] = useState('timeline');
  return (
    <>
      <Who customer={customer} />
      <Facts customer={customer} number={number} />
      {!browsing && (
        <button
          type="button"
          className="link not-this"
          onClick={() => dispatch({ kind: 'correct_customer', on: true })}
        >
          {t('customer.notThis')}
        </button>
      )}
      <About customer={customer} />
      <Pictures customerID={customer.id} />
      <Tabs
        label={t('customer.label')}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { id: 'timeline', label: t('customer.timeline'), panel: <Timeline items={customer.timeline} /> },
          {
            id: 'orders',
            label: t('customer.orders'),
            count: customer.orders.length,
            panel: <Orders orders={customer.orders} />,
          },
          {
            id: 'cases',
            label: t('customer.cases'),
            count: customer.cases.length,
            panel: <Cases cases={customer.cases} customerID={customer.id} />,
          },
        ]}
      />
    </>
  );
}

/** Pictures kept of the customer's video help. Who has just answered may see them; before that, the server may say no. */
function Pictures({ customerID }: { customerID: string }) {
  const { t } = useTranslation();
  const talking = useDesk((s) => s.call?.interaction_id ?? '');
  const kept = useDesk((s) => s.video?.kept ?? 0);
  return <Kept customerID={customerID} version={`${talking}:${kept}`} heading={t('video.pictures')} />;
}

function Who({ customer }: { customer: wire.CustomerView }) {
  const { t } = useTranslation();
  const language = customer.language && t('customer.speaks', { language: languageName(customer.language) });
  return (
    <div className="who">
      <div className="avatar" aria-hidden="true">
        {initials(customer.name) || <Icon name="person" />}
      </div>
      <div className="grow">
        <h2 className="title" dir="auto">
          {customer.name}
        </h2>
        <div className="who-line">
          {customer.tier && <span className="tag accent">{customer.tier}</span>}
          <span className="soft">
            {[customer.organisation, customer.town, language].filter(Boolean).join(' · ')}
          </span>
        </div>
      </div>
    </div>
  );
}

function Facts({ customer, number }: RecordProps) {
  const { t } = useTranslation();
  return (
    <dl className="facts">
      {customer.phones.length > 0 && <dt>{t('customer.phone')}</dt>}
      {customer.phones.map((phone) => (
        <dd key={phone}>
          <PhoneNumber value={phone} /> <CallOut number={phone} customerID={customer.id} />
          {phone === customer.phones[0] && <VideoOut customerID={customer.id} subject="" />}
          {sameNumber(phone, number) && <span className="tag go">{t('customer.thisCall')}</span>}
        </dd>
      ))}
      {customer.emails.length > 0 && <dt>{t('customer.email')}</dt>}
      {customer.emails.map((email) => (
        <dd key={email} className="breaks">
          {email}
        </dd>
      ))}
      {customer.preferences && (
        <>
          <dt>{t('customer.prefers')}</dt>
          <dd>{customer.preferences}</dd>
        </>
      )}
      {customer.note && (
        <>
          <dt>{t('customer.note')}</dt>
          <LongNote text={customer.note} />
        </>
      )}
    </dl>
  );
}

/** Starts video help without a telephone, where nothing rings or runs already. */
function VideoOut({ customerID, subject }: { customerID: string; subject: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const busy = useDesk((s) => s.call !== null || s.offer !== null);
  const agent = useDesk((s) => s.me?.role === 'agent');
  if (!agent) return null;
  return (
    <OutButton
      icon="camera"
      label={subject ? t('video.outAbout', { subject }) : t('video.out')}
      why={busy ? t('control.out.whyBusy') : undefined}
      onPress={() => dispatch({ kind: 'video_call', customerID, subject })}
    />
  );
}

/** Calls the number, where nothing rings or runs already. */
function CallOut({ number, customerID }: { number: string; customerID: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const busy = useDesk((s) => s.call !== null || s.offer !== null);
  const numbers = useDesk((s) => s.targets.numbers);
  return (
    <OutButton
      icon="call"
      label={t('control.out.call', { number })}
      why={!numbers ? t('control.out.whyNumbers') : busy ? t('control.out.whyBusy') : undefined}
      onPress={() => dispatch({ kind: 'call_out', number, customerID })}
    />
  );
}

interface OutButtonProps {
  icon: 'camera' | 'call';
  label: string;
  why: string | undefined; // it cannot be pressed now
  onPress: () => void;
}

function OutButton({ icon, label, why, onPress }: OutButtonProps) {
  return (
    <button
      type="button"
      className="call-out"
      aria-label={label}
      title={why ?? label}
      aria-disabled={why !== undefined || undefined}
      aria-description={why}
      onClick={() => why === undefined && onPress()}
    >
      <Icon name={icon} />
    </button>
  );
}

/** A note of any length, in little room: a long one scrolls, also by keyboard. */
function LongNote({ text }: { text: string }) {
  const long = text.length > 280 || text.split('\n').length > 6;
  return (
    <dd className="customer-note" tabIndex={long ? 0 : undefined}>
      {text}
    </dd>
  );
}

function About({ customer }: { customer: wire.CustomerView }) {
  const { t } = useTranslation();
  const { orders, cases } = probablyAbout(customer);
  return (
    <section>
      <h2>{t('customer.about')}</h2>
      {orders.length + cases.length === 0 ? (
        <p className="faint">{t('customer.nothingOpen')}</p>
      ) : (
        <ul className="card">
          {cases.map((item) => (
            <CaseRow key={item.id} item={item} customerID={customer.id} />
          ))}
          {orders.map((order) => (
            <OrderRow key={order.id} order={order} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A title that opens its item in a call: the call is about it, and the recogniser is told of it first. */
function ItemTitle({ id, title }: { id: string; title: string }) {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const call = useDesk((s) => (s.call?.state === 'active' ? s.call.interaction_id : ''));
  const open = useDesk((s) => s.call?.opened_item === id);
  if (!call) return <b>{title}</b>;
  return (
    <span>
      <button
        type="button"
        className="link item-title"
        aria-pressed={open}
        aria-description={t('customer.openItem')}
        title={t('customer.openItem')}
        onClick={() =>
          dispatch({
            kind: 'command',
            message: { type: 'open_item', data: { interaction_id: call, item_id: open ? '' : id } },
          })
        }
      >
        {title}
      </button>
      {open && <span className="tag go">{t('customer.thisCall')}</span>}
    </span>
  );
}

function OrderRow({ order }: { order: wire.Order }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const facts = [
    order.number,
    order.amount,
    t('customer.placed', { date: shortDate(order.placed_at, now, i18n.language) }),
  ];
  return (
    <li>
      <ItemTitle id={order.id} title={order.title} />
      <span className="card-tag">
        <span className={order.due_at ? 'tag wait' : 'tag'}>
          {order.due_at
            ? t('customer.due', { date: shortDate(order.due_at, now, i18n.language) })
            : order.status}
        </span>
      </span>
      <span className="soft">
        {facts.filter(Boolean).join(' · ')}
        {order.due_at && ` · ${order.status}`}
      </span>
    </li>
  );
}

function CaseRow({ item, customerID }: { item: wire.Case; customerID: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const open = item.status === 'open';
  return (
    <li>
      <ItemTitle id={item.id} title={item.title} />
      <span className="card-tag">
        <span className={open ? 'tag wait' : 'tag'}>{open ? t('customer.open') : t('customer.closed')}</span>
      </span>
      <span className="soft">
        {t('customer.opened', { date: shortDate(item.opened_at, now, i18n.language) })}
        {open && <VideoOut customerID={customerID} subject={item.title} />}
      </span>
    </li>
  );
}

function Orders({ orders }: { orders: readonly wire.Order[] }) {
  const { t } = useTranslation();
  if (orders.length === 0) return <p className="faint">{t('customer.noOrders')}</p>;
  return (
    <ul className="card">
      {orders.map((order) => (
        <OrderRow key={order.id} order={order} />
      ))}
    </ul>
  );
}

function Cases({ cases, customerID }: { cases: readonly wire.Case[]; customerID: string }) {
  const { t } = useTranslation();
  if (cases.length === 0) return <p className="faint">{t('customer.noCases')}</p>;
  return (
    <ul className="card">
      {cases.map((item) => (
        <CaseRow key={item.id} item={item} customerID={customerID} />
      ))}
    </ul>
  );
}

const channels = ['call', 'chat', 'email', 'order', 'video', 'note', 'case'] as const;
type Channel = (typeof channels)[number];
const icons: Record<Channel | 'other', IconName> = {
  call: 'call',
  chat: 'chat',
  email: 'email',
  order: 'order',
  video: 'camera',
  note: 'note',
  case: 'case',
  other: 'event',
};

/** How its video help ended. */
function VideoEnded({ video }: { video: wire.VideoOutcome }) {
  const { t } = useTranslation();
  return <span className="faint timeline-detail">{outcomeWords(video, t)}</span>;
}

function Timeline({ items }: { items: readonly wire.Past[] }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  if (items.length === 0) return <p className="faint">{t('customer.noTimeline')}</p>;
  return (
    <ol className="timeline">
      {items.map((past) => {
        const channel = channels.find((c) => c === past.channel) ?? 'other';
        return (
          <li key={past.id}>
            <Icon name={icons[channel]} />
            <span>
              <b>{t(`channel.${channel}`)}</b>{' '}
              {past.interaction_id ? (
                <a className="past-link" href={reviewLink(past.interaction_id)} title={t('review.open')}>
                  {past.title || t('review.open')}
                </a>
              ) : (
                past.title
              )}
              {past.video && <VideoEnded video={past.video} />}
              {past.detail && <span className="faint timeline-detail">{past.detail}</span>}
            </span>
            <span className="faint num timeline-when">
              {when(past.at, now, i18n.language, (time) => t('time.yesterday', { time }))}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
