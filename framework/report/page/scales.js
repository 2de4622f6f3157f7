// Axes: their ranges, and where they are labelled.
"use strict";

/** Round numbers within [least, most], 1, 2 or 5 times a power of ten apart, about `count` of them. */
function linearTicks(least, most, count) {
  const raw = (most - least) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(least / step - 1e-9); i * step <= most + step * 1e-9; ++i)
    ticks.push({ value: i * step, label: Math.abs(most) >= 1e4 ? short(i * step) : (i * step).toFixed(decimals) });
  return ticks;
}

/** Powers of ten within [least, most]; with 2 and 5 times these, or round numbers, when they are few. */
function logarithmicTicks(least, most, count) {
  for (const factors of [[1], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const ticks = [];
    for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); ++power)
      for (const factor of factors) {
        const value = Number((factor * 10 ** power).toPrecision(3));
        if (value >= least * 0.999999 && value <= most * 1.000001) ticks.push({ value, label: short(value) });
      }
    if (ticks.length >= 3 || factors.length === 9) {
      if (ticks.length < 3) return linearTicks(least, most, count);
      const every = Math.ceil(ticks.length / Math.max(2, count + 2));
      return ticks.filter((_, place) => place % every === 0);
    }
  }
}

/** [least, most] of some numbers with a little room; on a logarithmic axis only those above 0 count. */
function rangeOf(numbers, isLogarithmic, room = 0.04) {
  let least = Infinity, most = -Infinity;
  for (const number of numbers) {
    if (number === null || (isLogarithmic && number <= 0)) continue;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  if (least > most) return isLogarithmic ? [1, 10] : [0, 1];
  if (isLogarithmic) {
    const factor = most > least ? (most / least) ** room : 1.5;
    return [least / factor, most * factor];
  }
  const space = most > least ? (most - least) * room : Math.abs(least) * 0.05 || 1;
  return [least - space, most + space];
}
