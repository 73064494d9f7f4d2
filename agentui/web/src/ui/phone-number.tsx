import { numberGroups } from './format';

/** A number in readable groups. The spaces are drawn, not written, so that copying gives the number that can be dialled. */
export function PhoneNumber({ value }: { value: string }) {
  return (
    <span className="phone-number num" translate="no">
      {numberGroups(value).map((group, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: groups have no other identity
        <span key={i}>{group}</span>
      ))}
    </span>
  );
}
