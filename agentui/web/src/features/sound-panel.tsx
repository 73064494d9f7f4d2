// Which microphone, speaker and ringing device; a bar shows that the microphone hears.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceChoice } from '../phone/devices';
import { Button } from '../ui/button';
import { usePhone, useSession } from '../ui/hooks';
import { Popover } from '../ui/popover';

export const SOUND_ID = 'sound-panel';

export function SoundPanel() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Popover id={SOUND_ID} label={t('menu.sound')} wide onToggle={setOpen}>
      <h2>{t('menu.sound')}</h2>
      {open && <Devices />}
    </Popover>
  );
}

function Devices() {
  const { t } = useTranslation();
  const { sound } = useSession();
  const { devices, choice } = usePhone();
  const choose = (change: Partial<DeviceChoice>) => sound.choose({ ...choice, ...change });
  return (
    <div className="devices">
      <DeviceSelect
        label={t('sound.microphone')}
        value={choice.microphone}
        devices={devices.microphones}
        onChoose={(microphone) => choose({ microphone })}
      />
      <LevelBar key={choice.microphone} />
      <label className="check">
        <input type="checkbox" checked={choice.clean} onChange={(e) => choose({ clean: e.target.checked })} />
        {t('sound.clean')}
      </label>
      <label className="check">
        <input
          type="checkbox"
          checked={choice.loudspeaker}
          onChange={(e) => choose({ loudspeaker: e.target.checked })}
        />
        {t('sound.loudspeaker')}
      </label>
      <DeviceSelect
        label={t('sound.speaker')}
        value={choice.speaker}
        devices={devices.speakers}
        onChoose={(speaker) => choose({ speaker })}
      />
      <DeviceSelect
        label={t('sound.ring')}
        value={choice.ring}
        devices={devices.speakers}
        onChoose={(ring) => choose({ ring })}
      />
      <Button small onPress={() => sound.tryRing()}>
        {t('sound.tryRing')}
      </Button>
    </div>
  );
}

interface DeviceSelectProps {
  label: string;
  value: string;
  devices: readonly MediaDeviceInfo[];
  onChoose: (id: string) => void;
}

function DeviceSelect({ label, value, devices, onChoose }: DeviceSelectProps) {
  const { t } = useTranslation();
  const known = devices.some((d) => d.deviceId === value);
  return (
    <label className="field">
      <span>{label}</span>
      <select className="input" value={known ? value : ''} onChange={(event) => onChoose(event.target.value)}>
        <option value="">{t('sound.system')}</option>
        {devices.map((device) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label || device.deviceId.slice(0, 8)}
          </option>
        ))}
      </select>
    </label>
  );
}

const QUIETEST_DB = -60;

function LevelBar() {
  const { t } = useTranslation();
  const { sound } = useSession();
  const [decibels, setDecibels] = useState<number | null>(null);
  useEffect(() => {
    let ended = false;
    let stop: (() => void) | undefined;
    void sound.meter().then((meter) => {
      if (!meter) return;
      if (ended) {
        meter.end();
        return;
      }
      const timer = setInterval(() => setDecibels(meter.decibels()), 80);
      stop = () => {
        clearInterval(timer);
        meter.end();
      };
    });
    return () => {
      ended = true;
      stop?.();
    };
  }, [sound]);
  const level = decibels === null ? 0 : Math.max(0, Math.min(1, 1 - decibels / QUIETEST_DB));
  return (
    <div className="field">
      <meter className="level" min={0} max={1} value={level} aria-label={t('sound.level')} />
      <p className="faint">{decibels === null ? t('sound.noLevel') : t('sound.speak')}</p>
    </div>
  );
}
