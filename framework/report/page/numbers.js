// Numbers as people read them.
"use strict";

const suffixes = [[1e18, "E"], [1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** As printf's %.Ng, without zeros at the end. */
function significant(value, digits) {
  const text = Number(value.toPrecision(digits));
  return Math.abs(text) >= 1e-4 || text === 0 ? String(text) : text.toExponential();
}

/** 1.5M: with the suffix of its size. */
function short(value, digits = 4) {
  for (const [size, suffix] of suffixes)
    if (Math.abs(value) >= size) return significant(value / size, digits) + suffix;
  return significant(value, digits);
}

/** With thin spaces between thousands, from 10,000 on. */
function grouped(whole) {
  const text = String(whole);
  return Math.abs(whole) < 1e4 ? text : text.replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** A cell of a table: reals with the digits of their column. */
function inDigits(value, column) {
  if (column.significant > 15) return String(value);
  if (column.decimals < 0)
    return Math.abs(value) >= 1e6 ? short(value, column.significant) : significant(value, column.significant);
  if (column.decimals === 0) return grouped(Math.round(value));
  const text = value.toFixed(column.decimals);
  return value !== 0 && !/[1-9]/.test(text) ? significant(value, 1) : text;
}

function cell(value, column) {
  if (value === null) return "";
  if (typeof value !== "number") return value;
  const isCount = Number.isInteger(value) && column.decimals < 0 && Math.abs(value) < 1e9;
  return isCount ? grouped(value) : inDigits(value, column);
}
