// What the server's checks say, in Japanese.
import type { said as found, mends as todo } from './en-checks';

export const said: typeof found = {
  error: '動作していません：',
  microphone_given: 'ブラウザーは {{address}} にマイクを許可します',
  microphone_refused: 'ブラウザーは {{address}} にマイクを許可しません（https でもこのマシンでもないため）',
  relay_not_needed: 'オフ（ブラウザーがこのマシンにあるため不要）',
  relay_off: 'オフ：ゲストは --webrtc に UDP か TCP で直接つながるか、つながりません',
  relay_works: '{{address}} で動作中（UDP と TCP）',
  relay_works_tls: '{{address}} で動作中（UDP と TCP）、{{tls}} で TLS',
  models_not_needed: '不要（--transcriber none）',
  models_missing: '不足または破損しているモデルがあります：',
  models_complete: '{{dir}} に揃っています',
  disk_free: '{{dir}} の空き {{free}}',
  recordings_later: '暗号化して {{dir}} に保存します',
  bucket_works: '{{dir}} は書き込み・読み出し・削除ができます。待ち {{count}} 件',
};

export const mends: typeof todo = {
  public_url: '--public-url を https://desk.example.com の形で書いてください',
  certificate:
    '--tls-cert と --tls-key で証明書を指定するか、https のプロキシを前に置いて --public-url に書いてください',
  relay_on: '--turn を省くか、--webrtc のポート（UDP と TCP）をファイアウォールで通してください',
  http: '--http で別のアドレスを選んでください',
  relay_taken:
    'そのポートを使うプログラムを止めるか、--turn と --turn-tls で別のポートを選んでください（Patchbay 自身なら問題ありません）',
  tls_files: '--tls-cert と --tls-key のファイルを確認してください',
  relay_tls:
    'TLS しか通さない網のゲストに必要です：--tls-cert と --tls-key、固定の --turn-tls を指定してください',
  relay_fixed:
    '起動のたびにポートが変わります：--turn（と --turn-tls）で固定し、ファイアウォールで通してください',
  models_dir: '$PATCHBAY_MODELS にディレクトリを指定してください',
  models_pull: '通話はできますが文字起こしはできません：patchbay models pull',
  data_dir: '別の --data-dir を選んでください',
  disk_room: '空きを作るか、--data-dir で別のディスクを選んでください',
  master_keys: 'マスター鍵をバックアップから戻すか、メッセージが示すものを直してください',
  bucket: '通話は録音され、データディレクトリで待ちます：--recordings のアドレスと権限を確認してください',
};
