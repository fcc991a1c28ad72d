// Numbers as the database joins them, without a string for each: lists of all files of a share are read this way.

const [comma, minus, zero, nine] = [0x2c, 0x2d, 0x30, 0x39];

/** Decimal numbers with commas between, in ASCII; none for no bytes. */
export function joinedNumbers(text: Uint8Array): Float64Array<ArrayBuffer> {
  if (text.length === 0) return new Float64Array(0);
  let count = 1;
  for (let at = 0; at < text.length; at++) if (text[at] === comma) count++;
  const numbers = new Float64Array(count);
  let [index, value, sign] = [0, 0, 1];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte >= zero && byte <= nine) value = value * 10 + (byte - zero);
    else if (byte === minus) sign = -1;
    else if (byte === comma) {
      numbers[index++] = sign * value;
      [value, sign] = [0, 1];
    } else return Float64Array.from(Buffer.from(text).toString('latin1').split(','), Number); // Not a whole one.
  }
  numbers[index] = sign * value;
  return numbers;
}
