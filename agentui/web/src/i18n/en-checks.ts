// What the server's checks say, in English, as `patchbay doctor` does.
export const said = {
  error: 'It does not work:',
  microphone_given: 'Browsers give their microphone to {{address}}',
  microphone_refused:
    'Browsers refuse the microphone to {{address}}, which is neither https nor this machine',
  relay_not_needed: 'Off, and not needed: browsers are on this machine',
  relay_off: 'Off: guests reach --webrtc directly, by UDP or TCP, or not at all',
  relay_works: 'Works by UDP and TCP at {{address}}',
  relay_works_tls: 'Works by UDP and TCP at {{address}}, and by TLS at {{tls}}',
  models_not_needed: 'Not needed here: --transcriber none',
  models_missing: 'Some are missing or damaged:',
  models_complete: 'Complete in {{dir}}',
  disk_free: '{{free}} free at {{dir}}',
  recordings_later: 'Will be kept, sealed, in {{dir}}',
  bucket_works: '{{dir}} takes, gives and removes an object; {{count}} wait for it',
};

export const mends = {
  public_url: 'Write --public-url as https://desk.example.com',
  certificate:
    'Give a certificate with --tls-cert and --tls-key, or put a proxy with https before it and name it in --public-url',
  relay_on: 'Leave --turn out, or let the port of --webrtc through the firewall, UDP and TCP',
  http: 'Choose another address with --http',
  relay_taken:
    'Stop the program that has the port, or choose another with --turn and --turn-tls (if it is Patchbay itself, all is well)',
  tls_files: 'Check the files of --tls-cert and --tls-key',
  relay_tls:
    'Guests in networks that let only TLS through need it: give --tls-cert and --tls-key, and a fixed --turn-tls for the firewall',
  relay_fixed:
    'Its port is another after each start: fix it with --turn (and --turn-tls), and let it through the firewall',
  models_dir: 'Name a directory in $PATCHBAY_MODELS',
  models_pull: 'Calls work, words are not written: patchbay models pull',
  data_dir: 'Choose another --data-dir',
  disk_room: 'Make room, or choose another disk with --data-dir',
  master_keys: 'Bring the master keys back from a backup, or mend what the message names',
  bucket:
    'Calls are recorded and wait in the data directory: check the address and the rights of --recordings',
};
