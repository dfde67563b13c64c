import type { Change, Operation } from "./change.ts";
import type { Batch } from "./journal.ts";
import type { BatchChanges } from "./push_ports.ts";
import { requireCount } from "./push_summary.ts";
import { readAhead } from "./read_ahead.ts";
import { cell, countOf, type SyncSession } from "./sync_session.ts";

/** Fewest and most changes read at once, five and forty calls' worth; the first time, of a batch that is slow, two: its first call is to leave soon. */
const PAGES = { first: 200, from: 500, to: 4_000 } as const;

/** How long a page lasts, in seconds: a statement of Snowflake takes a quarter of one and more, whatever it reads. */
const PAGE_SECONDS = 2;

/**
 * Characters of payload and desired in a page, which ends with the row that exceeds them. Two pages are held at a time: rows as long as
 * HubSpot permits (65,536 characters a property) would be half a gigabyte each without it.
 */
const PAGE_LENGTH = 8_000_000;

/**
 * Changes in one text, and the characters after which the next one begins: a text is no longer than that and one row, because a value of
 * Snowflake has a greatest size, 16 MB in older accounts.
 */
const TOGETHER = 25;
const TOGETHER_LENGTH = 1_000_000;

export interface Reading {
  /** How many changes a second the push takes at its share of the limit; what it cannot take soon need not be read yet. */
  readonly perSecond: number;
  /** Is told of each page, whose answer is garbage by then. */
  readonly pageRead?: () => void;
}

/**
 * Reads a batch's changes in order of `seq`, a page ahead, and gives some at a time. Throws `RETL_COUNTS_DIFFER` for a page that misses some.
 * Pages and no stream, because between two of them the same session journals calls and extends the lease, which an open stream forbids.
 */
export async function* batchChanges(
  session: SyncSession,
  runId: string,
  batch: Batch,
  { perSecond, pageRead }: Reading,
): BatchChanges {
  const lasting = Math.round(PAGE_SECONDS * perSecond);
  const first = Math.min(PAGES.from, Math.max(PAGES.first, lasting));
  const most = Math.min(PAGES.to, Math.max(PAGES.from, lasting));
  for await (const page of readAhead(pagesOf(session, runId, batch, { first, most }))) {
    pageRead?.();
    for (const entries of page) yield (JSON.parse(entries) as Entry[]).map(changeOf);
  }
}

/** A page as texts, each an array of entries. */
async function* pagesOf(
  session: SyncSession,
  runId: string,
  batch: Batch,
  { first, most }: { readonly first: number; readonly most: number },
): AsyncGenerator<Iterable<string>, void, undefined> {
  const { dialect } = session;
  const [payload, desired] = [dialect.jsonText("payload"), dialect.jsonText("desired")];
  const scope = {
    payload_text: payload,
    desired_text: desired,
    entry: dialect.fullObject([
      ["seq", "seq"],
      ["id", session.tables.id],
      ["operation", "operation"],
      ["hubspot_id", "hubspot_id"],
      ["known", "known"],
      ["removed", "reason = 'removed'"],
      ["payload", "payload"],
      ["is_whole", `${payload} = ${desired}`],
      ["desired", `case when ${payload} <> ${desired} then desired end`],
      ["kept", "kept"],
    ]),
    entries: dialect.arrayText("entry", "place"),
  };
  let size = first;
  for (let next = batch.first_seq; next <= batch.last_seq; size = Math.min(2 * size, most)) {
    const last = Math.min(next + size - 1, batch.last_seq);
    const binds = [runId, `${next}`, `${last}`, `${PAGE_LENGTH}`, `${TOGETHER}`, `${TOGETHER_LENGTH}`];
    const rows = await session.query("changes_page", binds, scope);
    const read = rows.reduce((sum, row) => sum + countOf(row, "entry_count"), 0);
    // A page may end early, but it has no gaps.
    const end = rows.length === 0 ? last : Math.max(...rows.map((row) => countOf(row, "last_seq")));
    requireCount("A part of a batch", end - next + 1, read);
    yield handedOver(rows.map((row) => cell(row, "entries")));
    next = end + 1;
  }
}

/** Gives each text once and forgets it, so that what has been pushed is not held until the page ends. */
function* handedOver(texts: string[]): Generator<string, void, undefined> {
  texts.reverse();
  for (let text = texts.pop(); text !== undefined; text = texts.pop()) yield text;
}

type Values = Readonly<Record<string, string>>;

/** A row of the plan as `changes_page` writes it; Snowflake leaves out what is NULL. */
interface Entry {
  readonly seq: number;
  readonly id: string;
  readonly operation: Operation;
  readonly hubspot_id?: string | null;
  readonly known: boolean;
  readonly removed: boolean;
  readonly payload: Values;
  /** The payload is all that is desired, which then is absent. */
  readonly is_whole: boolean;
  readonly desired?: Values | null;
  readonly kept?: Readonly<Record<string, unknown>> | null;
}

function changeOf(entry: Entry): Change {
  const { seq, id, operation, payload, known, removed } = entry;
  const desired = entry.is_whole ? payload : entry.desired;
  const missing = [id, operation, payload, desired, known, removed].some((part) => part == null);
  if (missing) throw new Error(`Internal error: change ${seq} of the plan lacks something.`);
  return {
    ...{ seq, id, operation, payload, known, removed },
    hubspotId: entry.hubspot_id ?? null,
    desired: desired as Values,
    kept: Object.keys(entry.kept ?? {}),
  };
}
