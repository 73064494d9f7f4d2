// What floats over the transcript now, if anything.
import { useDesk } from '../../ui/hooks';
import { Keypad } from './keypad';
import { TransferSheet } from './transfer';

export function OpenSheet() {
  const purpose = useDesk((s) => s.sheet?.purpose);
  if (!purpose) return null;
  return purpose === 'keypad' ? <Keypad /> : <TransferSheet key={purpose} purpose={purpose} />;
}
