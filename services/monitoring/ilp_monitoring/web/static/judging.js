/** Judges a number against its definition; the same rules as `web/judging.py`; change both together. */

export function statusOf(numbers, definition, representative) {
  if (numbers.state === "not_reported") return "not_reported";
  if (numbers.value === null) return "no_denominator";
  if (!representative) return "few";
  if (definition.target === null) return "watched";
  const higher = definition.direction === "higher_is_better";
  if (higher ? numbers.value >= definition.target : numbers.value <= definition.target) return "reached";
  const grade = numbers.map_class === null ? 2 : numbers.map_class;
  if (higher ? grade <= 1 : grade >= 3) return "follow_up";
  return higher ? "below" : "above";
}

/** People between a percentage and its target: {kind, people}, or null when unknown. */
export function gapOf(numbers, definition) {
  if (definition.target === null || numbers.value === null || !numbers.denominator || definition.unit !== "percent") return null;
  const goal = Number(((definition.target * numbers.denominator) / 100).toFixed(6));
  if (definition.direction === "higher_is_better") {
    return { kind: "short", people: Math.max(0, Math.ceil(goal) - numbers.numerator) };
  }
  return { kind: "beyond", people: Math.max(0, numbers.numerator - Math.floor(goal)) };
}

/** Class on the map: "0"…"4", "n" not reported, "x" no denominator. */
export function gradeOf(numbers) {
  if (numbers.state === "not_reported") return "n";
  return numbers.map_class === null ? "x" : String(numbers.map_class);
}

export function suspicious(numbers, definition) {
  return definition.unit === "percent" && numbers.value !== null && numbers.value > 100;
}
