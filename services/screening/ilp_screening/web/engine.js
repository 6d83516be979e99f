/** The rules of screenings on a phone: `prepared` what a bundle holds, then `evaluate` as often as needed (packs/README.md). */

// Numbers: halves away from zero and never minus zero; written as "%g" and "%.nf" write them, ties to the even digit.
const ten = (n) => +`1e${n}`;
export const halfUp = (x, n) => {
  const size = Math.floor(Math.abs(x) * ten(n) + 0.5) / ten(n);
  return (x < 0 ? -size : size) + 0;
};
const toEven = (x, n, digits, longer) => {
  const isTie = n < 0 ? x % ten(-n) === 5 * ten(-n - 1) : (x * 2 ** (n + 1)) % 2 === 1;
  return isTie && /[13579]$/.test(digits) ? longer().slice(0, -1) : digits;
};
const signed = (x, text) => (1 / x < 0 ? "-" : "") + text;
const fixed = (x, n) => {
  const size = Math.abs(x);
  return signed(x, toEven(size, n, size.toFixed(n), () => size.toFixed(n + 1)));
};
const general = (x) => {
  const size = Math.abs(x);
  const [rounded, e] = size.toExponential(5).split("e");
  const digits = toEven(size, 5 - e, rounded, () => size.toExponential(6).split("e")[0]);
  return signed(x, e < -4 || e > 5 ? `${+digits}e${e[0]}${e.slice(1).padStart(2, "0")}` : +`${digits}e${e}`);
};
const number = (x, n) => (n == null ? general(x) : fixed(x, n)).replaceAll("-", "−");
const comma = (text) => text.replaceAll(".", ",");
const once = (list) => [...new Set(list)];
const meet = (one, other) => one.some((each) => other.includes(each));

// Ranges and reasons: "−3 ≤ z −2,31 < −2 SD"; one lower limit stands behind: "z 3,20 > 3 SD".
const inside = ({ ge, gt, le, lt }, x) => (ge == null || x >= ge) && (gt == null || x > gt) && (le == null || x <= le) && (lt == null || x < lt);
const reason = (code, id, en) => ({ code, text: { id, en } });
const limits = ({ name, unit }, amount, { ge, gt, le, lt }, remark = "", code = "limits") => {
  const [low, high] = [ge ?? gt, le ?? lt];
  const after = high == null ? "" : ` ${le != null ? "≤" : "<"} ${number(high)}`;
  const before = low == null || !after ? "" : `${number(low)} ${ge != null ? "≤" : "<"} `;
  const behind = low == null || after ? after : ` ${ge != null ? "≥" : ">"} ${number(low)}`;
  const said = (word) => `${before}${word} ${amount}${behind}`;
  return reason(code, `${comma(said(name.id))} ${unit}${remark}`, `${said(name.en)} ${unit}${remark}`);
};

// Derived quantities: a ratio, its power by multiplication, or a weighted total.
const partsOf = ({ ratio, total }) => (ratio ? [ratio.of, ratio.by] : Object.keys(total));
const derived = ({ ratio, total }, of) => {
  if (!ratio) return Object.entries(total).reduce((sum, [code, weight]) => sum + weight * of(code), 0);
  const by = of(ratio.by) / (ratio.scale ?? 1);
  return of(ratio.of) / Array(ratio.power ?? 1).fill(by).reduce((product, each) => product * each);
};

// Days are counted since 1970; of a case without a day only the age is known.
const dayOf = (date) => Date.parse(date) / 864e5;
const dateOf = (day) => (day == null ? null : new Date(day * 864e5).toISOString().slice(0, 10));

// The age, or why it is impossible.
const ageOf = (subject, on, { ages, days_per_month: perMonth }) => {
  const [name, ...more] = ["birth_date", "age_days", "age_months"].filter((each) => subject[each] != null);
  const refused = (pointer, code) => ({ pointer, code });
  if (!name || more.length) return refused("/subject", "one_age_expected");
  const x = subject[name];
  const impossible = refused(`/subject/${name}`, "impossible_value");
  if (name !== "birth_date") {
    if (!inside(ages[name], x)) return impossible;
    const [days, months] = name === "age_days" ? [x, x / perMonth] : [x * perMonth, x];
    return { days: Math.floor(days + 0.5), months, years: Math.floor((months - (months % 12)) / 12) };
  }
  if (on == null) return refused("/occurred_on", "required");
  const days = dayOf(on) - dayOf(x);
  if (days < 0) return refused("/occurred_on", "before_birth");
  if (!inside(ages.age_days, days)) return impossible;
  return { days, months: days / perMonth, years: on.slice(0, 4) - x.slice(0, 4) - (on.slice(5) < x.slice(5)) };
};

// The usable observations by code, and every fault.
const faultOf = ({ type, possible, values }, x) => {
  if (type === "boolean") return typeof x !== "boolean" && "not_a_boolean";
  if (type === "code") return !values.includes(x) && "not_a_listed_code";
  if (typeof x !== "number") return "not_a_number";
  return Number.isFinite(x) ? !inside(possible ?? {}, x) && "impossible_value" : "not_finite";
};
const checked = (catalog, raw, at = "") => {
  const [values, problems] = [Object.create(null), []];
  const refuse = (code, why) => problems.push({ pointer: `${at}/observations/${code.replaceAll("~", "~0").replaceAll("/", "~1")}`, code: why });
  for (const [code, x] of Object.entries(raw)) {
    const why = catalog[code] ? faultOf(catalog[code], x) : "unknown_observation";
    if (why) refuse(code, why);
    else values[code] = x;
  }
  for (const code in values) if (values[code] >= values[catalog[code].below]) refuse(code, "not_below");
  return { values, problems };
};

// Whom a rule is for: what is not known of a person does not hold.
const applies = (rule, { sex, age, context }) =>
  Object.entries(rule ?? {}).every(([name, x]) => {
    if (name === "sex") return x === sex;
    if (name === "pregnant") return x === (context.pregnancy_weeks != null);
    if (name === "venues") return x.includes(context.venue);
    if (name === "performers") return x.includes(context.performer);
    if (name === "conditions") return meet(x, context.conditions ?? []);
    if (name === "without") return !meet(x, context.conditions ?? []);
    const known = age[name] ?? context[name];
    return known != null && inside(x, known);
  });

// Conditions over observations are true, false, or null: not known.
const holds = ({ observation, answer, values, within }, given) => {
  const x = given[observation];
  if (x === undefined) return null;
  return typeof x === "boolean" ? x === answer : typeof x === "string" ? values.includes(x) : inside(within, x);
};
const atLeast = (n, truths) => {
  const count = (truth) => truths.filter((each) => each === truth).length;
  return count(true) >= n || (count(true) + count(null) >= n ? null : false);
};
const some = ({ any_of: any, at_least: n }, given) => !any || atLeast(n ?? 1, any.map((test) => holds(test, given)));
const testsOf = ({ all_of: all = [], any_of: any = [] } = {}) => [...all, ...any];
const codesOf = (tests) => tests.map((test) => test.observation);
const wayHolds = (way, given) => {
  const truths = [...(way?.all_of ?? []).map((test) => holds(test, given)), some(way ?? {}, given)];
  return atLeast(truths.length, truths);
};
const openCodes = (way, given) => codesOf(testsOf(some(way, given) === null ? way : { all_of: way.all_of })).filter((code) => !(code in given));

// Outcomes: an open question, or a result with its verdict and the policy that decided; and the answer to a question.
const OPEN = {
  missing_input: ["Data belum lengkap.", "Inputs are missing."],
  outside_table: ["Panjang/tinggi badan di luar tabel standar.", "Length/height outside the standard's table."],
  no_earlier_measurement: ["Belum ada pengukuran sebelumnya dalam jangka yang dapat dibandingkan.", "There is no earlier measurement within the time that can be compared."],
  no_table_at_age: ["Tidak ada tabel atau aturan untuk isian ini pada umur ini.", "No table or rule covers this entry at this age."],
};
const open = (code, why, missing = [], actions = []) => ({ ...reason(code, ...OPEN[why]), reason: why, missing, actions });
const NOTHING = { label: null, standard: null, z: null, flag: null, category: null, class: null, reasons: [], actions: [], inputs: [], missing: [], could_change: [] };
const policy = ({ code, version }, { source, verified }, verdict) => ({ pack: code, version, source: verdict?.source || source, verified: verdict?.verified ?? verified });
const result = (code, pack, verdict, fields, list = pack, own = verdict) => {
  const { code: category, label, class: risk, actions = [] } = verdict;
  return { code, ...NOTHING, category, label, class: risk, actions, ...fields, policy: policy(pack, list, own) };
};
const answer = ({ code, label }, reads, outcome, byParts = true) => ({ code, label, reads: once(reads), byParts, outcome });

// Bands with escalations, and what kinds share.
const bandOf = (list, x) => list.bands.find((band) => inside(band.when, x));
const merged = (...lists) => {
  const all = lists.flatMap((list) => list ?? []);
  return lists.filter((list) => list?.length).length === 1 ? all : all.filter((each, at) => all.findIndex(({ code }) => code === each.code) === at);
};
const withEscalations = (band, c, reasons) => {
  const added = (band.escalations ?? []).filter((each) => applies(each.applies, c) && wayHolds(each.if, c.values));
  return { reasons: [...reasons, ...added.map(({ text }) => reason("escalation", text.id, text.en))], actions: merged(band.actions, ...added.map((each) => each.actions)) };
};
const given = (codes, { values }) => codes.filter((code) => code in values);
const lacking = (codes, { values }) => codes.filter((code) => !(code in values));
const asReason = ({ code, label }) => reason(code, label.id, label.en);
const ruleOf = (pack, c) => pack.rules.find((rule) => applies(rule.applies, c));
const open_ = ({ question }, missing, actions) => open(question.code, "missing_input", missing, actions);

// Kind `bands`: one value, or one derived from several.
const bands = (pack, c) => {
  const rule = ruleOf(pack, c);
  if (!rule) return [];
  const { question, quantity, decimals, derived: form } = pack;
  const codes = form ? partsOf(form) : [quantity];
  const missing = lacking(codes, c);
  const judged = () => {
    const list = rule.bands;
    const exact = form ? derived(form, (code) => c.values[code]) : c.values[quantity];
    const x = decimals == null ? exact : halfUp(exact, decimals);
    const band = bandOf(list, x);
    return result(question.code, pack, band, { ...withEscalations(band, c, [limits(list.symbol, number(x, decimals), band.when)]), inputs: codes }, list);
  };
  return [answer(question, codes, missing.length ? open_(pack, missing) : judged(), codes.length > 1)];
};

// Kind `worst_of`: the worst grade of several values decides; with some missing, from `decides_from` on.
const graded = (pack, c, gradeOf, rangeOf) => {
  const codes = Object.keys(pack.inputs);
  const present = given(codes, c);
  const worst = Math.max(0, ...present.map(gradeOf));
  const reasons = present.filter((code) => gradeOf(code) === worst).map((code) => limits(pack.inputs[code], number(c.values[code]), rangeOf(code, worst)));
  return { codes, missing: lacking(codes, c), worst, fields: { reasons, inputs: present } };
};
const partly = (missing, worst, grades) => ({ missing, could_change: worst < grades.length - 1 ? missing : [] });
const worstOf = (pack, c) => {
  const { question, bands: grades, partial, overlays = [] } = pack;
  const gradeOf = (code) => grades.findIndex(({ when }) => when[code] && inside(when[code], c.values[code]));
  const { codes, missing, worst, fields } = graded(pack, c, gradeOf, (code, grade) => grades[grade].when[code]);
  const band = grades[worst];
  const judged = () => {
    if (!missing.length) {
      const over = overlays.filter(({ when }) => Object.keys(when).every((code) => inside(when[code], c.values[code])));
      return result(question.code, pack, band, { ...fields, reasons: [...fields.reasons, ...over.map(asReason)], actions: merged(band.actions, ...over.map((each) => each.actions)) });
    }
    if (!partial || !fields.inputs.length) return open_(pack, missing);
    if (worst < grades.findIndex(({ code }) => code === partial.decides_from)) return open_(pack, missing, partial.actions);
    const reasons = [...fields.reasons, reason("one_value", partial.text.id, partial.text.en)];
    return result(question.code, pack, band, { ...fields, reasons, ...partly(missing, worst, grades) }, partial, null);
  };
  return [answer(question, codes, judged())];
};

// Kind `table`: the grade of a value is the number of limits of its age and sex that it reaches.
const table = (pack, c) => {
  const { question, rows, outcomes } = pack;
  const row = rows[(pack.by === "years" ? c.age.years : Math.trunc(c.age.months)) - rows[0].at]?.[c.sex];
  if (!row) return [];
  const gradeOf = (code) => row[code].filter((limit) => c.values[code] >= limit).length;
  const { codes, missing, worst, fields } = graded(pack, c, gradeOf, (code, grade) => ({ ge: row[code][grade - 1], lt: row[code][grade] }));
  const judged = () => result(question.code, pack, outcomes[worst], { ...fields, ...partly(missing, worst, outcomes) });
  return [answer(question, codes, missing.length && !worst ? open_(pack, missing) : judged())];
};

// Kind `score`: open items count with their least and most points; critical answers decide beside the total.
const CLASSES = ["normal_no_risk", "normal_with_risk_factor", "pre_disease", "disease_suspected"];
const severity = (verdict) => CLASSES.indexOf(verdict.class);
const score = (pack, c) => {
  const { items, critical = [], scales } = pack;
  const read = ({ of, observation, code }) => (of ? [] : [observation ?? code]);
  const pointsOf = ({ yes_points: yes, no_points: no = 0, points, bands: list }, x) => {
    if (x === undefined) return yes != null ? [yes, no] : points ? Object.values(points) : list.map((band) => band.points);
    return [typeof x === "boolean" ? (x ? yes : no) : typeof x === "string" ? points[x] : bandOf({ bands: list }, x).points];
  };
  const conditions = (list) => codesOf(list.flatMap((each) => testsOf(each.if ?? each.asked_if)));
  const decisive = conditions(critical);
  const truths = critical.map((each) => wayHolds(each.if, c.values));
  const held = critical.filter((_, at) => truths[at]);
  const itemsOf = (scale) => items.filter((item) => !scale.items || scale.items.includes(item.code));
  const readsOf = (own) => [...own.flatMap(read), ...conditions(own), ...decisive];
  const order = once([...items.flatMap(read), ...scales.flatMap((scale) => readsOf(itemsOf(scale))).sort()]);

  return scales.map((scale) => {
    const { question, bands: list } = scale;
    const own = itemsOf(scale);
    const reads = readsOf(own);
    const unknown = [];
    let [least, most] = [0, 0];
    for (const item of own) {
      const asked = item.asked_if ? wayHolds(item.asked_if, c.values) : true;
      if (asked === false) continue;
      const x = item.of ? (item.of === "years" ? c.age.years : c.sex) : c.values[read(item)[0]];
      const points = pointsOf(item, x);
      if (x === undefined) unknown.push(...read(item));
      if (asked === null) {
        unknown.push(...openCodes(item.asked_if, c.values));
        points.push(0);
      }
      least += Math.min(...points);
      most += Math.max(...points);
    }
    const band = bandOf(list, least) === bandOf(list, most) ? bandOf(list, least) : null;
    const severer = critical.filter((each, at) => truths[at] === null && band && severity(each) > severity(band));
    const judged = () => {
      if (!held.length && !band) return open_(scale, once(unknown));
      if (!held.length && severer.length) return open_(scale, once(severer.flatMap((each) => openCodes(each.if, c.values))));
      const verdicts = band ? [...held, band] : held;
      const worst = verdicts.reduce((first, each) => (severity(each) > severity(first) ? each : first));
      const amount = once([least, most]).map((total) => number(total)).join("–");
      const missing = order.filter((code) => unknown.includes(code) || (decisive.includes(code) && !(code in c.values)));
      const fields = {
        reasons: [...(band ? [limits(list.symbol, amount, band.when)] : []), ...held.map(asReason)],
        actions: merged(...verdicts.map((each) => each.actions)),
        inputs: given(order.filter((code) => reads.includes(code)), c),
        missing,
        could_change: band || severity(worst) === 3 ? [] : missing,
      };
      return result(question.code, pack, worst, fields, list);
    };
    return answer(question, reads, judged());
  });
};

// Kind `checklist`: the first outcome that holds, where those before it are false.
const checklist = (pack, c) => {
  const rule = ruleOf(pack, c);
  if (!rule) return [];
  const { question, no_implies_no: implies = {} } = pack;
  const { outcomes } = rule;
  const waysOf = (outcome) => outcome.if ?? [];
  const items = once(codesOf(outcomes.flatMap(waysOf).flatMap(testsOf)));
  const general = Object.keys(implies).filter((key) => meet(implies[key], items));
  const values = { __proto__: null, ...c.values };
  for (const key of general) if (c.values[key] === false) for (const code of implies[key]) if (items.includes(code)) values[code] ??= false;

  const truths = outcomes.map((outcome) => !outcome.if || atLeast(1, outcome.if.map((way) => wayHolds(way, values))));
  const outcome = outcomes[truths.findIndex((truth) => truth !== false)];
  const waysThat = (list, truth) => list.flatMap(waysOf).filter((way) => wayHolds(way, values) === truth);
  const judged = () => {
    if (truths[outcomes.indexOf(outcome)] === null) {
      const undecided = waysThat(outcomes.filter((_, at) => truths[at] === null), null);
      return open_(pack, once(undecided.flatMap((way) => openCodes(way, values))));
    }
    const tests = waysThat([outcome], true).flatMap(testsOf).filter((test) => holds(test, values));
    const reasons = once(codesOf(tests)).map((code) => {
      const [{ label, unit }, x] = [c.catalog[code], values[code]];
      if (typeof x === "number") return limits({ name: label, unit: unit || "1" }, number(x), tests.find((test) => test.observation === code).within, "", code);
      const [id, en] = x === true ? ["ya", "yes"] : x === false ? ["tidak", "no"] : [x, x];
      return reason(code, `${label.id}: ${id}`, `${label.en}: ${en}`);
    });
    if (!reasons.length && outcome.reason) reasons.push(outcome.reason);
    return result(question.code, pack, outcome, { reasons, inputs: given(items, { values }), missing: lacking(items, { values }) }, { source: rule.source || pack.source, verified: rule.verified ?? pack.verified });
  };
  return [answer(question, [...items, ...general], judged())];
};

// Kind `trend`: the change since the newest measurement in the window, against the least that is expected.
const trend = (pack, c) => {
  const { question, observation, window_days: window, decimals = 3, days_per_month: perMonth = 30.4375, outcomes } = pack;
  const expected = (ago) => pack.expected.find(({ months }) => inside(months, c.age.months - ago / perMonth))?.change;
  const least = expected(0);
  if (least == null) return [];
  const value = c.values[observation];
  const past = c.earlier.map(({ day, values }) => ({ ago: c.day - day, value: values[observation] })).filter((each) => c.day != null && each.value !== undefined && each.ago > 0);
  const series = [{ ago: 0, value }, ...past.sort((a, b) => a.ago - b.ago)];
  const before = ({ ago }) => series.find((each) => each.ago > ago && inside(window, each.ago - ago));
  const change = (one) => halfUp(one.value - before(one).value, decimals);
  const [now] = series;
  const judged = () => {
    if (value === undefined) return open_(pack, [observation]);
    const last = before(now);
    if (!last) return open(question.code, "no_earlier_measurement");
    const gain = change(now);
    const isEnough = gain >= least;
    const wasShort = before(last) && expected(last.ago) != null && change(last) < expected(last.ago);
    const verdict = isEnough ? outcomes.reached : wasShort ? outcomes.again : outcomes.short;
    return result(question.code, pack, verdict, { reasons: [limits(pack.symbol, number(gain), isEnough ? { ge: least } : { lt: least })], inputs: [observation] });
  };
  return [answer(question, [observation], judged(), false)];
};

// Kind `schedule`: months and years are those of the calendar; a day that a month does not have is its last one.
const after = (day, { days = 0, weeks = 0, months = 0, years = 0 } = {}) => {
  const from = new Date(day * 864e5);
  const [year, month] = [from.getUTCFullYear() + years, from.getUTCMonth() + months];
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(from.getUTCDate(), last)) / 864e5 + days + 7 * weeks;
};
const schedule = (pack, c) => {
  const { pregnancy_weeks: weeks, postpartum_days: postpartum } = c.context;
  const since = { birth: c.age.days, pregnancy: weeks == null ? null : weeks * 7, delivery: postpartum }[pack.anchor ?? "birth"];
  if (since == null || c.day == null) return [];
  const anchor = c.day - Math.trunc(since);
  const reckoned = {};
  return pack.steps.flatMap((step) => {
    const { code, label, follows, every, in_time: inTime, until } = step;
    const isDone = ({ values }) => step.done_by.some((each) => (values[each] ?? false) !== false);
    const done = c.earlier.filter((each) => each.day <= c.day && isDone(each)).map(({ day }) => day);
    const on = isDone(c) ? c.day : done.length ? Math.max(...done) : null;
    let first = after(anchor, step.first);
    if (follows) {
      const one = reckoned[follows.step];
      first = Math.max(first, after(one.on ?? Math.max(one.first, c.day), follows.interval));
    }
    if (every && on != null) first = after(on, every);
    reckoned[code] = { first, on };
    if (!applies(step.applies, c)) return [];
    const last = inTime && !every ? Math.max(after(anchor, inTime), first) : null;
    let status = "due";
    if (on != null && (!every || c.day < first)) status = "given";
    else if (until && c.day > after(anchor, until)) status = "missed";
    else if (c.day < first) status = "upcoming";
    else if (last != null && c.day > last) status = "overdue";
    const due = { schedule: pack.code, code, label, status, given_on: dateOf(on), first_day: dateOf(first), last_day: dateOf(last), policy: policy(pack, pack) };
    return [answer(step, step.done_by, due, false)];
  });
};

// Tables of kind `lms`: counts and names, then three columns as second differences of whole numbers in zig-zag varints.
export const readTables = (bytes) => {
  let at = 0;
  const next = () => {
    for (let [n, unit] = [0, 1]; ; unit *= 128) {
      const byte = bytes[at++];
      n += (byte & 127) * unit;
      if (byte < 128) return n;
    }
  };
  const zigzag = () => {
    const n = next();
    return n % 2 ? -(n + 1) / 2 : n / 2;
  };
  const tables = {};
  for (let left = next(); left > 0; left--) {
    const length = next();
    const name = new TextDecoder().decode(bytes.subarray(at, (at += length)));
    const [start, rows] = [zigzag(), next()];
    const column = () => {
      const scale = ten(next());
      let [value, step] = [0, 0];
      return Float64Array.from({ length: rows }, () => (value += step += zigzag()) / scale);
    };
    tables[name] = { start, stop: start + rows - 1, columns: [column(), column(), column()] };
  }
  return tables;
};
export const rowAt = ({ start, stop, columns }, position) => {
  if (!(start <= position && position <= stop)) return null;
  const low = Math.trunc(position);
  const part = position - low;
  return columns.map((column) => {
    const [x, above] = [column[low - start], column[low - start + 1]];
    return part ? x + part * (above - x) : x;
  });
};
const valueAt = (z, [l, m, s]) => (l ? m * (1 + l * s * z) ** (1 / l) : m * Math.exp(s * z));
export const zOf = (y, row, restricted) => {
  const [l, m, s] = row;
  const z = l ? ((y / m) ** l - 1) / (s * l) : Math.log(y / m) / s;
  if (!restricted || (z >= -3 && z <= 3)) return z;
  const sd = valueAt(z > 3 ? 3 : -3, row);
  return z > 3 ? 3 + (y - sd) / (sd - valueAt(2, row)) : -3 + (y - sd) / (valueAt(-2, row) - sd);
};

// Length and height in the posture of the age: the measure, and the reason of what was done to it.
const stature = ({ border_days: border, correction_cm: by, standing_ignored_below_months: ignored }, cm, posture, { days, months }) => {
  const young = days < border;
  const n = number(young && months < ignored ? ignored : by);
  if (posture !== (young ? "standing" : "lying")) return [cm, []];
  if (young && months < ignored) return [cm, [reason("posture_ignored", `posisi berdiri di bawah ${n} bulan diabaikan`, `standing below ${n} months is ignored`)]];
  if (young) return [cm + by, [reason("posture_corrected", `diukur berdiri di bawah ${border} hari: +${comma(n)} cm`, `measured standing below ${border} days: +${n} cm`)]];
  return [cm - by, [reason("posture_corrected", `diukur berbaring mulai ${border} hari: −${comma(n)} cm`, `measured lying from ${border} days: −${n} cm`)]];
};

// Kind `lms`: each indicator by the first table use that fits the age; category and flag by the rounded z.
const NO_LIMITS = reason("no_sourced_limits", "belum ada batas kategori bersumber untuk umur ini", "no sourced category limits for this age");
const lms = (pack, c) => {
  const { posture } = pack;
  const { values, age } = c;
  const height = posture && values[posture.quantity];
  const [cm, moved] = height == null ? [null, []] : stature(posture, height, values[posture.observation], age);
  const quantity = (name) => {
    const form = pack.derived?.find(({ code }) => code === name);
    return cm != null && name === posture.quantity ? cm : form ? derived(form, quantity) : values[name];
  };
  const position = (axis) => (axis === "age_days" ? age.days : axis === "age_months" ? age.months : halfUp(quantity(axis) * 10, 6));
  const tableOf = ({ standard, table: name }) => c.tables[`${standard}/${name}/${c.sex}`];
  const serves = (use) => inside(use.months, age.months) && inside(use.days ?? {}, age.days) && (!use.axis.startsWith("age_") || rowAt(tableOf(use), position(use.axis)));

  const judged = (indicator, use, asked) => {
    const { code, inputs, sign = "none", measure, plausible_z: plausible, restricted } = indicator;
    const lack = lacking(inputs, c);
    const bySign = values[pack.sign?.observation] === true && (sign === "alone" || (sign === "with_inputs" && !lack.length));
    if (!bySign && lack.length) return open(code, "missing_input", lack);
    const row = !bySign && rowAt(tableOf(use), position(use.axis));
    if (row === null) return open(code, "outside_table");

    const category = indicator.categories?.find(({ months }) => inside(months, age.months));
    const list = category && pack.bands.find((each) => each.code === category.bands);
    const remark = ` (${use.standard.slice(0, 3)} ${use.standard.slice(3)})`;
    const z = bySign ? null : halfUp(zOf(quantity(measure), row, restricted), 2);
    const missing = lacking(asked, c);
    const common = { standard: use.standard, z, flag: bySign ? pack.sign.flag : null, inputs: given(asked, c), missing, could_change: bySign ? [] : missing };
    const unverified = { source: pack.source, verified: false };
    const said = (text) => `${text} SD`;
    const alone = () => reason("z", comma(said(`z ${number(z, 2)}`)) + remark, said(`z ${number(z, 2)}`) + remark);
    const posed = posture && inputs.includes(posture.quantity) ? moved : [];

    if (!bySign && !inside(plausible, z)) {
      const [low, high] = [number(plausible.ge || 0), number(plausible.le || 0)];
      const text = reason("implausible", `z di luar rentang wajar WHO (${low} sampai ${high}): ukur ulang, tidak dihitung dalam prevalensi`, `z outside WHO's plausible range (${low} to ${high}): measure again, kept out of prevalence`);
      return result(code, pack, pack.implausible, { ...common, category: null, class: null, flag: "implausible", reasons: [alone(), text, ...posed] }, unverified);
    }
    const byZ = category?.judged === "z";
    const x = !category || byZ ? z : quantity(measure);
    const band = list && (bySign ? list.bands[0] : bandOf(list, x));
    const reasons = bySign ? [pack.sign.reason] : [];
    if (!bySign && band) reasons.push(limits(list.symbol, number(x, byZ ? 2 : null), band.when, byZ ? remark : ""));
    if (!bySign && !byZ) reasons.push(alone());
    if (!category) reasons.push(NO_LIMITS);
    if (!bySign) reasons.push(...posed);
    if (!band) return result(code, pack, NOTHING, { ...common, category: null, reasons }, unverified);
    return result(code, pack, band, { ...common, ...withEscalations(band, c, reasons) }, list);
  };

  return pack.indicators.flatMap((indicator) => {
    const use = indicator.tables.find(serves);
    const asked = [...indicator.inputs, ...(pack.sign && indicator.sign ? [pack.sign.observation] : [])];
    return use ? [answer(indicator, asked, judged(indicator, use, asked), false)] : [];
  });
};

const KINDS = { lms, bands, worst_of: worstOf, score, checklist, table, trend, schedule };

// Measure again: implausible values, pairs that no single value explains, contradicting answers.
const oddOnes = ({ plausible = [], derived: forms = [], contradictions = {} }, c) => {
  const odd = [];
  const implausible = (isAlone) =>
    plausible.flatMap(({ quantity, label, unit, range, applies: whom }) => {
      const form = forms.find(({ code }) => code === quantity);
      const codes = form ? partsOf(form) : [quantity];
      if (!form !== isAlone || !applies(whom, c) || lacking(codes, c).length || meet(codes, odd.flatMap((each) => (isAlone ? [] : each.codes)))) return [];
      const x = form ? derived(form, (code) => c.values[code]) : c.values[quantity];
      const { ge, le } = range;
      const shown = ge != null && le != null ? `${number(ge)}–${number(le)}` : number(ge || le || 0);
      const said = (word) => `${word} ${number(+fixed(x, 1))} ${unit}`;
      const why = () => reason("implausible", comma(`${said(label.id)} di luar rentang wajar (${shown}): ukur ulang`), `${said(label.en)} outside the plausible range (${shown}): measure again`);
      return inside(range, x) ? [] : [{ codes, reason: why() }];
    });
  odd.push(...implausible(true));
  odd.push(...implausible(false));
  for (const [general, implied] of Object.entries(contradictions))
    for (const code of implied)
      if (c.values[general] === false && c.values[code] === true) {
        const [no, yes] = [c.catalog[general].label, c.catalog[code].label];
        odd.push({ codes: [general, code], reason: reason("contradiction", `${no.id}: tidak, tetapi ${yes.id}: ya; tanyakan lagi`, `${no.en}: no, but ${yes.en}: yes; ask again`) });
      }
  return odd;
};
const again = (pack, one, odd) => {
  const concerned = odd.filter(({ codes }) => meet(codes, one.reads));
  if (!concerned.length) return one;
  const fields = { category: null, class: null, flag: "implausible", reasons: concerned.map((each) => each.reason), inputs: once(concerned.flatMap((each) => each.codes)) };
  return { ...one, outcome: result(one.code, pack, pack.repeat, fields, pack.repeat) };
};

// The summary: names of what is unfinished and unjudged, then the sentences of the rules that fit.
const isResult = ({ outcome }) => "category" in outcome;
const isOpen = ({ outcome }) => "reason" in outcome;
const readsOf = (answers) => answers.flatMap((one) => one.reads);
const unanswered = (usual, answers, c, findings) => {
  const judged = answers.filter(isResult);
  const because = (why) => answers.filter(({ outcome }) => outcome.reason === why);
  const incomplete = because("missing_input");
  const unfinished = incomplete.filter((one) => (one.byParts && given(one.reads, c).length) || one.outcome.actions.length);
  const isUnusual = ({ outcome: { class: risk, flag, z } }) => !risk && !flag && z != null && !inside(usual, z);
  const unjudged = [...because("outside_table"), ...judged.filter(isUnusual)];
  const answered = (isSo) => readsOf([...unfinished, ...unjudged, ...judged.filter(({ outcome }) => isSo(outcome))]);
  const measures = answered(({ class: risk, flag }) => risk || flag);
  const complaints = answered(({ class: risk, flag }) => (risk && risk !== CLASSES[0]) || flag === "implausible");
  const rest = findings.filter((code) => !(c.catalog[code].type === "boolean" ? complaints : measures).includes(code));
  const named = (list, isIn) => [...list, ...rest.filter((code) => readsOf(incomplete).includes(code) === isIn).map((code) => c.catalog[code])].map(({ label }) => label);
  return { unfinished: named(unfinished, true), unjudged: named(unjudged, false) };
};
const summaryOf = (rules, results, labels) => {
  for (const { flag, class: risk, label } of results) {
    const kind = flag === "implausible" ? flag : risk;
    if (kind && label) (labels[kind] ??= []).push(label);
  }
  const fits = rules.filter((rule) => labels[rule.kind]?.length);
  const [first, ...others] = fits.length ? fits : rules.slice(-1);
  const texts = [[first, first.sentence], ...others.map((rule) => [rule, rule.also])].filter(([, text]) => text);
  const said = (language) => {
    const names = (rule) => once((labels[rule.kind] ?? []).map((label) => label[language])).join(", ");
    return texts.map(([rule, text]) => text[language].replaceAll("{labels}", () => names(rule))).join(" ");
  };
  return { colour: first.colour, sentence: { id: said("id"), en: said("en") } };
};

// Warnings: what the kader should look at again.
const IMPLAUSIBLE = reason("implausible", "Nilai ini tidak wajar untuk umur ini; ukur ulang.", "This value is implausible at this age; measure again.");
const warningsOf = (catalog, results, opened, odd) => {
  const warning = (at, code, message) => ({ pointer: `/observations/${at}`, code, message });
  const named = odd.flatMap(({ codes }) => codes);
  const flagged = results.filter(({ flag }) => flag === "implausible").map(({ inputs }) => inputs.filter((code) => catalog[code].type === "quantity"));
  const inputs = flagged.filter((codes) => !meet(codes, named));
  const alone = inputs.filter((codes) => codes.length === 1).flat();
  const implausible = once([...alone, ...inputs.filter((codes) => !meet(codes, alone)).flat()]);
  return [
    ...implausible.sort().map((code) => warning(code, IMPLAUSIBLE.code, IMPLAUSIBLE.text)),
    ...odd.flatMap(({ codes, reason: why }) => codes.map((code) => warning(code, why.code, why.text))),
    ...opened.filter((each) => each.reason === "no_table_at_age").map(({ code, text }) => warning(code, "not_judged", text)),
  ];
};

/** The rules (parsed JSON) and the tables (bytes) of a bundle, ready to judge; actions get every field that is shown. */
export const prepared = (rules, tables) => {
  const complete = (node) => {
    if (!node || typeof node !== "object") return;
    Object.values(node).forEach(complete);
    if (node.actions) node.actions = node.actions.map((each) => ({ to: null, urgency: null, after_days: null, within_hours: null, ...each }));
  };
  complete(rules.packs);
  const catalog = Object.create(null);
  for (const each of rules.observations) catalog[each.code] = each;
  return { ...rules, catalog, tables: readTables(tables) };
};

/** The evaluation of one person on one day, or `{problems}`: where and what must be mended. */
export const evaluate = (bundle, { subject, occurred_on: on, observations, context, earlier }) => {
  const { catalog, tables, packs, summary } = bundle;
  const past = (earlier ?? []).map((each, at) => ({ day: dayOf(each.occurred_on), ...checked(catalog, each.observations, `/earlier/${at}`) }));
  const faults = past.flatMap((each) => each.problems);
  if (faults.length) return { problems: faults };
  const age = ageOf(subject, on, bundle);
  const { values, problems } = checked(catalog, observations);
  if (age.code) problems.unshift(age);
  if (problems.length) return { problems };

  const c = { sex: subject.sex, age, day: on == null ? null : dayOf(on), values, context: context ?? {}, earlier: past, catalog, tables };
  const [answers, odd] = [[], []];
  for (const pack of packs) {
    const own = applies(pack.applies, c) ? KINDS[pack.kind](pack, c) : [];
    const oddities = own.length && pack.repeat ? oddOnes(pack.repeat, c) : [];
    answers.push(...own.map((one) => again(pack, one, oddities)));
    for (const each of oddities) if (!odd.some((other) => JSON.stringify(other) === JSON.stringify(each))) odd.push(each);
  }
  const outcomes = (isSo) => answers.filter(isSo).map((one) => one.outcome);
  const results = outcomes(isResult);
  const findings = Object.keys(values).filter((code) => values[code] === true || catalog[code].type === "quantity");
  const unread = findings.filter((code) => !readsOf(answers).includes(code));
  const opened = [...outcomes(isOpen), ...unread.map((code) => open(code, "no_table_at_age"))];
  return {
    results,
    not_evaluated: opened,
    summary: summaryOf(summary.rules, results, unanswered(summary.usual_z, answers, c, findings)),
    warnings: warningsOf(catalog, results, opened, odd),
    schedule: outcomes(({ outcome }) => "status" in outcome),
  };
};
