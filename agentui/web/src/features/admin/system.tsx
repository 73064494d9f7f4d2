// How the server fares: what the doctor says, disk, database, recogniser, and which settings count.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type Check, type SystemReport, useSystem, useWorkers, type Worker } from '../../api/system';
import { duration, size, stamp } from '../../ui/format';
import { useNow } from '../../ui/hooks';
import { type Column, Table } from '../../ui/table';
import { Reading, Section } from './section';
import { checkWords } from './system-view';

const checks = ['microphones', 'relay', 'models', 'disk', 'recordings'] as const;
const states = ['ok', 'warn', 'bad'] as const;
const tones = { ok: 'go', warn: 'wait', bad: 'stop' } as const;
const LOW_DISK = 2 * 1024 ** 3; // where the doctor warns

export function System() {
  const { t } = useTranslation();
  const report = useSystem();
  const now = useNow(1000);
  if (!report.data) {
    return (
      <Section title={t('admin.system.title')} intro={t('admin.system.intro')}>
        <Reading error={report.error} />
      </Section>
    );
  }
  const age = Math.max(0, Math.round((Date.now() - report.dataUpdatedAt) / 1000));
  return (
    <Section
      title={t('admin.system.title')}
      intro={t('admin.system.intro')}
      action={
        <span className={`tag num ${report.isError ? 'wait' : 'go'}`}>
          {t('admin.system.asOf', { seconds: now > 0 ? age : 0 })}
        </span>
      }
    >
      <Figures report={report.data} />
      <h2>{t('admin.system.checks')}</h2>
      <Checks checks={report.data.checks} />
      <h2>{t('admin.system.recogniser')}</h2>
      <Recogniser report={report.data} />
      <h2>{t('admin.system.workers')}</h2>
      <Workers />
      <h2>{t('admin.system.settings')}</h2>
      <Settings report={report.data} />
      <p className="faint">{t('admin.system.settingsHow')}</p>
    </Section>
  );
}

function Figures({ report }: { report: SystemReport }) {
  const { t, i18n } = useTranslation();
  const now = useNow(60_000);
  const { disk, database, transcription } = report;
  const words =
    transcription.state === 'ready' || transcription.state === 'loading' ? transcription.state : 'off';
  return (
    <section className="kpi admin-kpi" aria-label={t('admin.system.figures')}>
      <Figure label={t('admin.system.version')} value={report.version}>
        {t('admin.system.up', { time: uptime(now - Date.parse(report.started_at), t('admin.system.day')) })}
      </Figure>
      <Figure
        label={t('admin.system.disk')}
        value={size(disk.free, i18n.language)}
        tone={disk.free < LOW_DISK ? 'waiting' : ''}
      >
        {t('admin.system.diskOf', { total: size(disk.total, i18n.language) })}
      </Figure>
      <Figure
        label={t('admin.system.database')}
        value={database.error ? t('admin.system.lost') : size(database.bytes, i18n.language)}
        tone={database.error ? 'field-problem' : ''}
      >
        {database.error
          ? t('admin.system.lostWhat')
          : t(database.private ? 'admin.system.private' : 'admin.system.given', {
              version: database.version.split(' ')[0] ?? '',
            })}
      </Figure>
      <Figure
        label={t('admin.system.recogniser')}
        value={t(`admin.system.words.${words}`)}
        tone={words === 'ready' && !transcription.behind ? '' : 'waiting'}
      >
        {transcription.behind
          ? t('admin.system.behind')
          : t('admin.system.streams', { count: transcription.streams })}
      </Figure>
    </section>
  );
}

function Figure(props: { label: string; value: string; tone?: string; children: ReactNode }) {
  const { label, value, tone, children } = props;
  return (
    <div>
      <span className="over">{label}</span>
      <b className={`kpi-value num ${tone ?? ''}`}>{value}</b>
      <span className="faint">{children}</span>
    </div>
  );
}

function Checks({ checks: found }: { checks: readonly Check[] }) {
  const { t } = useTranslation();
  const columns: Column<Check>[] = [
    {
      id: 'state',
      label: t('admin.system.state'),
      cell: (c) => {
        const state = states.find((s) => s === c.state) ?? 'bad';
        return <span className={`tag ${tones[state]}`}>{t(`admin.system.states.${state}`)}</span>;
      },
    },
    {
      id: 'name',
      label: t('admin.system.check'),
      cell: (c) => {
        const known = checks.find((name) => name === c.name);
        return <b>{known ? t(`admin.system.names.${known}`) : c.name}</b>;
      },
    },
    {
      id: 'what',
      label: t('admin.system.found'),
      cell: (c) => <Finding check={c} />,
    },
  ];
  return (
    <Table label={t('admin.system.checks')} columns={columns} rows={found} keyOf={(c) => c.name} empty="" />
  );
}

/** What was found, in the person's language where its code is known; an error's own words stay as they are. */
function Finding({ check }: { check: Check }) {
  const { t, i18n } = useTranslation();
  const words = checkWords(check, i18n.language);
  const { said, mend, error } = words;
  return (
    <>
      {said ? t(`admin.system.said.${said}`, words.values) : <span lang="en">{check.what}</span>}
      {said && error && (
        <div className="mono any-break" lang="en">
          {error}
        </div>
      )}
      {check.mend && (
        <div className="soft">
          → {mend ? t(`admin.system.mends.${mend}`) : <span lang="en">{check.mend}</span>}
        </div>
      )}
    </>
  );
}

const workerStates = ['ready', 'behind', 'silent'] as const;

function Workers() {
  const { t, i18n } = useTranslation();
  const workers = useWorkers();
  const columns: Column<Worker>[] = [
    {
      id: 'name',
      label: t('admin.system.worker.name'),
      cell: (w) => (
        <>
          <b>{w.name}</b>
          <div className="faint num">{w.address || t('admin.system.worker.here')}</div>
        </>
      ),
    },
    {
      id: 'state',
      label: t('admin.system.state'),
      cell: (w) => {
        const state = workerStates.find((s) => s === w.state) ?? 'silent';
        const tone = { ready: 'go', behind: 'wait', silent: 'stop' }[state];
        return <span className={`tag ${tone}`}>{t(`admin.system.worker.states.${state}`)}</span>;
      },
    },
    { id: 'model', label: t('admin.system.facts.model'), cell: (w) => w.model },
    { id: 'streams', label: t('admin.system.worker.streams'), numeric: true, cell: (w) => w.streams },
    { id: 'waiting', label: t('admin.system.worker.waiting'), numeric: true, cell: (w) => w.waiting },
    {
      id: 'behind',
      label: t('admin.system.worker.behind'),
      numeric: true,
      cell: (w) => t('admin.system.seconds', { count: Math.round(w.behind_ms / 100) / 10 }),
    },
    { id: 'cores', label: t('admin.system.worker.cores'), numeric: true, cell: (w) => w.cores },
    {
      id: 'since',
      label: t('admin.system.worker.since'),
      cell: (w) => (
        <>
          <span className="num">{stamp(w.connected_at, i18n.language)}</span>
          <div className="faint">{w.version}</div>
        </>
      ),
    },
  ];
  return workers.data ? (
    <Table
      label={t('admin.system.workers')}
      columns={columns}
      rows={workers.data}
      keyOf={(w) => w.name}
      empty={t('admin.system.worker.none')}
    />
  ) : (
    <Reading error={workers.error} />
  );
}

function Recogniser({ report }: { report: SystemReport }) {
  const { t } = useTranslation();
  const r = report.transcription;
  const seconds = (n: number) => t('admin.system.seconds', { count: Number(n.toFixed(1)) });
  const rows = [
    { id: 'model', value: r.model },
    { id: 'late', value: seconds(r.late_seconds) },
    { id: 'lag', value: seconds(r.lag_seconds) },
    { id: 'kept', value: seconds(r.kept_seconds) },
    { id: 'dropped', value: seconds(r.dropped_seconds) },
    { id: 'restarts', value: String(r.restarts) },
  ] as const;
  return (
    <>
      {r.reason && (
        <p className="waiting" lang="en">
          {r.reason}
        </p>
      )}
      <dl className="system-facts">
        {rows.map((row) => (
          <div key={row.id}>
            <dt>{t(`admin.system.facts.${row.id}`)}</dt>
            <dd className="num">{row.value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Settings({ report }: { report: SystemReport }) {
  const { t, i18n } = useTranslation();
  return (
    <dl className="system-facts mono-terms">
      {report.settings.map((s) => (
        <div key={s.name}>
          <dt className="mono">--{s.name}</dt>
          <dd>{s.value === '' ? <span className="faint">{t('admin.system.unset')}</span> : s.value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('admin.system.started')}</dt>
        <dd className="num">{stamp(report.started_at, i18n.language)}</dd>
      </div>
      <div>
        <dt>{t('admin.system.built')}</dt>
        <dd>{report.go}</dd>
      </div>
      <div>
        <dt>{t('admin.system.schema')}</dt>
        <dd className="num">{report.database.schema}</dd>
      </div>
    </dl>
  );
}

/** 3 d 4:12:09; without days for less. */
function uptime(ms: number, day: string): string {
  const days = Math.floor(ms / 86_400_000);
  const rest = duration(ms % 86_400_000);
  return days > 0 ? `${days} ${day} ${rest}` : rest;
}
