/** The page's words, numbers and times in the reader's language; the same rules as `web/i18n` on the server. */

export class Words {
  /** @param {Record<string, string>} entries @param {string} zone */
  constructor(entries, zone) {
    this.entries = entries;
    this.zone = zone;
    const locale = entries["number.locale"];
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.tenths = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    this.clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, year: "numeric", month: "2-digit", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
    });
  }

  /** Text of a key with its places filled; `count` chooses between singular and plural (`a|b`). */
  text(key, values = {}, count = undefined) {
    const forms = this.entries[key].split("|");
    const form = count === undefined || count === 1 || forms.length === 1 ? forms[0] : forms[1];
    return form.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  number(value) {
    return this.whole.format(value);
  }

  decimal(value) {
    return this.tenths.format(value);
  }

  percent(value) {
    return this.text("number.percent", { n: this.decimal(value) });
  }

  noun(code, n) {
    const key = `noun.${code}`;
    return this.text(key in this.entries ? key : "noun.other", { n: this.number(n) }, n);
  }

  month(period) {
    return this.text(`month_short.${period.slice(5, 7)}`);
  }

  /** An ISO instant in the area's local time, e.g. `22 Nov 2026 14.05.12 WIB`. */
  time(instant, form = "time.full") {
    const parts = Object.fromEntries(this.clock.formatToParts(new Date(instant)).map((part) => [part.type, part.value]));
    parts.month = this.text(`month_short.${parts.month}`);
    parts.zone = this.text(`zone.${this.zone}`);
    return this.text(form, parts);
  }
}
