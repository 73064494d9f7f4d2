// The call bar's way into video help.
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button';
import { useDesk, useSession } from '../../ui/hooks';

export function VideoButton() {
  const { t } = useTranslation();
  const { dispatch } = useSession();
  const call = useDesk((s) => s.call);
  const online = useDesk((s) => s.link === 'open');
  const video = useDesk((s) => s.video);
  const running = video !== null && video.state !== 'ended';
  const why = !call
    ? t('video.onlyInCall')
    : !online
      ? t('bar.whyOffline')
      : running
        ? t('video.running')
        : undefined;
  return (
    <Button icon="camera" className="fold" why={why} onPress={() => dispatch({ kind: 'video_start' })}>
      {t('bar.video')}
    </Button>
  );
}
