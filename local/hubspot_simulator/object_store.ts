import type { ObjectType } from "./object_type.ts";
import { uniqueKey } from "./property_value.ts";

export type Properties = Readonly<Record<string, string>>;

/** One write as it was applied. */
export interface HistoryEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly operation: "create" | "update" | "archive" | "merge";
  readonly properties: Properties;
}

export interface StoredRecord {
  readonly id: string;
  /** Never changed but replaced, as the history shares it; a property that was cleared is kept as `""`. */
  properties: Properties;
  readonly createdAt: number;
  updatedAt: number;
  archivedAt: number | null;
  readonly history: HistoryEntry[];
}

/** The records of one object type, with an index for every unique property. */
export class ObjectStore {
  readonly #type: ObjectType;
  readonly #keepHistory: boolean;
  readonly #live = new Map<string, StoredRecord>();
  readonly #archived = new Map<string, StoredRecord>();
  readonly #mergedInto = new Map<string, string>();
  /** All ids ever given, ascending; what a page is cut from. */
  readonly #ids: number[] = [];
  readonly #owners = new Map<string, Map<string, string>>();

  constructor(type: ObjectType, options: { readonly keepHistory: boolean }) {
    this.#type = type;
    this.#keepHistory = options.keepHistory;
  }

  get size(): number {
    return this.#live.size;
  }

  get archivedCount(): number {
    return this.#archived.size;
  }

  get(id: string): StoredRecord | undefined {
    return this.#live.get(id);
  }

  getArchived(id: string): StoredRecord | undefined {
    return this.#archived.get(id);
  }

  records(): IterableIterator<StoredRecord> {
    return this.#live.values();
  }

  archivedRecords(): IterableIterator<StoredRecord> {
    return this.#archived.values();
  }

  merges(): IterableIterator<[string, string]> {
    return this.#mergedInto.entries();
  }

  /** The live record that has this unique value; an additional email counts as the contact's own. */
  findBy(property: string, value: string): StoredRecord | undefined {
    const definition = this.#type.properties.get(property);
    if (definition === undefined) return undefined;
    const id = this.#owners.get(property)?.get(uniqueKey(definition, value));
    return id === undefined ? undefined : this.#live.get(id);
  }

  wasMergedAway(id: string): boolean {
    return this.#mergedInto.has(id);
  }

  /** The live record that a merged-away id ended in, over any number of merges. */
  winnerOf(loserId: string): StoredRecord | undefined {
    const winnerId = this.#mergedInto.get(loserId);
    if (winnerId === undefined) return undefined;
    return this.#live.get(winnerId) ?? this.winnerOf(winnerId);
  }

  create(id: string, properties: Properties, at: number): StoredRecord {
    const record: StoredRecord = {
      id,
      properties,
      createdAt: at,
      updatedAt: at,
      archivedAt: null,
      history: [],
    };
    this.restore(record);
    this.#remember(record, { at, operation: "create", properties });
    return record;
  }

  update(record: StoredRecord, changes: Properties, at: number): void {
    this.#release(record, changes);
    const former = record.properties.email;
    record.properties = Object.assign({ ...record.properties }, changes);
    if (changes.email !== undefined) this.#swapAdditionalEmail(record, former ?? "", changes.email);
    this.#claim(record, changes);
    record.updatedAt = at;
    this.#remember(record, { at, operation: "update", properties: changes });
  }

  /** Moves a record to the recycle bin; its unique values become free. */
  archive(id: string, at: number): void {
    const record = this.#live.get(id);
    if (record === undefined) return;
    this.#release(record, record.properties);
    for (const email of additionalEmails(record)) this.#owners.get("email")?.delete(email);
    this.#live.delete(id);
    record.archivedAt = at;
    this.#archived.set(id, record);
    this.#remember(record, { at, operation: "archive", properties: {} });
  }

  /** The loser's id stops addressing a record; the winner takes what it lacks, and the loser's emails as additional ones. */
  merge(winner: StoredRecord, loser: StoredRecord, at: number): void {
    this.#release(loser, loser.properties);
    this.#live.delete(loser.id);
    this.#mergedInto.set(loser.id, winner.id);
    const gained: Record<string, string> = {};
    for (const [name, value] of Object.entries(loser.properties)) {
      if (value !== "" && (winner.properties[name] ?? "") === "") gained[name] = value;
    }
    const emails = [...additionalEmails(winner), ...additionalEmails(loser)];
    const loserEmail = loser.properties.email ?? "";
    if (loserEmail !== "" && gained.email === undefined) emails.push(loserEmail);
    if (emails.length > 0) gained.hs_additional_emails = emails.join(";");
    gained.hs_merged_object_ids = [winner.properties, { hs_merged_object_ids: loser.id }, loser.properties]
      .map((properties) => properties.hs_merged_object_ids ?? "")
      .filter((ids) => ids !== "")
      .join(";");
    winner.properties = { ...winner.properties, ...gained };
    this.#claim(winner, gained);
    for (const email of emails) this.#ownersOf("email").set(email, winner.id);
    winner.updatedAt = at;
    this.#remember(winner, { at, operation: "merge", properties: gained });
  }

  /** The next records with an id above `after`, in order of id. */
  page(after: number, limit: number, archived: boolean): StoredRecord[] {
    const from = archived ? this.#archived : this.#live;
    const found: StoredRecord[] = [];
    for (let at = this.#firstAbove(after); at < this.#ids.length && found.length < limit; at++) {
      const record = from.get(String(this.#ids[at]));
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  /** Takes back a record that was saved, or a new one: ids must come in ascending order. */
  restore(record: StoredRecord): void {
    this.#ids.push(Number(record.id));
    if (record.archivedAt !== null) {
      this.#archived.set(record.id, record);
      return;
    }
    this.#live.set(record.id, record);
    this.#claim(record, record.properties);
    for (const email of additionalEmails(record)) this.#ownersOf("email").set(email, record.id);
  }

  restoreMerge(loserId: string, winnerId: string): void {
    this.#mergedInto.set(loserId, winnerId);
  }

  /** Forgets every value of a property that was archived. */
  forgetProperty(name: string): void {
    this.#owners.delete(name);
    for (const record of [...this.#live.values(), ...this.#archived.values()]) {
      const { [name]: _forgotten, ...kept } = record.properties;
      record.properties = kept;
    }
  }

  #remember(record: StoredRecord, entry: HistoryEntry): void {
    if (this.#keepHistory) record.history.push(entry);
  }

  #claim(record: StoredRecord, values: Properties): void {
    for (const { name } of this.#type.unique) {
      const value = values[name];
      if (value !== undefined && value !== "") this.#ownersOf(name).set(value, record.id);
    }
  }

  #release(record: StoredRecord, changes: Properties): void {
    for (const { name } of this.#type.unique) {
      const former = record.properties[name];
      if (former === undefined || former === "" || changes[name] === undefined) continue;
      const owners = this.#ownersOf(name);
      if (owners.get(former) === record.id) owners.delete(former);
    }
  }

  /** An additional email that becomes the primary one changes places with it. */
  #swapAdditionalEmail(record: StoredRecord, former: string, email: string): void {
    const additional = additionalEmails(record);
    if (!additional.includes(email)) return;
    const others = additional.filter((other) => other !== email);
    if (former !== "" && former !== email) {
      others.push(former);
      this.#ownersOf("email").set(former, record.id);
    }
    record.properties = { ...record.properties, hs_additional_emails: others.join(";") };
  }

  #ownersOf(property: string): Map<string, string> {
    const known = this.#owners.get(property);
    if (known !== undefined) return known;
    const owners = new Map<string, string>();
    this.#owners.set(property, owners);
    return owners;
  }

  #firstAbove(after: number): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ids[middle] ?? 0) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function additionalEmails(record: StoredRecord): string[] {
  const joined = record.properties.hs_additional_emails ?? "";
  return joined === "" ? [] : joined.split(";");
}
