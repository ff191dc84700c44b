/**
 * Blanks an XMP packet that speaks of GPS, in place: which of its properties say
 * where a picture was made cannot be told without reading all of XMP.
 *
 * @param from where the packet begins, behind the name of its block
 * @returns whether anything was changed
 */
export function blankGpsXmp(block: Buffer, from: number): boolean {
  if (block.indexOf('GPS', from, 'latin1') < 0) return false;
  block.fill(0x20, from);
  return true;
}
