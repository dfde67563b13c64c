import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";

/** One line of the purchases file. */
export interface Purchase {
  /** Five digits, `00001` to `23570`. */
  readonly customerId: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Number of CDs. */
  readonly cds: number;
  /** Whole cents, so that no amount ever passes through a binary fraction. */
  readonly cents: number;
}

/** Where the demo's own copy of the data set lies; its README says where it comes from. */
export const CDNOW_FILE = new URL("./cdnow/CDNOW_master.txt.gz", import.meta.url);

/** The first day of the data set, and so day 1 of the replay. */
export const FIRST_DAY = "1997-01-01";

/** Days from 1997-01-01 to 1998-06-30. */
export const ALL_DAYS = 546;

const LINE = /^\s*(\d{5})\s+(\d{4})(\d{2})(\d{2})\s+(\d+)\s+(\d+)\.(\d{2})\s*$/;

/** Every purchase of the file in its order. Throws for a line that is not one, naming its number. */
export async function readPurchases(file: URL = CDNOW_FILE): Promise<readonly Purchase[]> {
  return parsePurchases(gunzipSync(await readFile(file)).toString("ascii"));
}

/** Reads the text of a purchases file; its first line is a header. */
export function parsePurchases(text: string): readonly Purchase[] {
  const purchases: Purchase[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (index === 0 || line.trim() === "") continue;
    const match = LINE.exec(line);
    if (match === null) throw new Error(`line ${index + 1} of the purchases file is not a purchase`);
    const [, customerId = "", year, month, day, cds, dollars, cents] = match;
    purchases.push({
      customerId,
      day: `${year}-${month}-${day}`,
      cds: Number(cds),
      cents: Number(dollars) * 100 + Number(cents),
    });
  }
  return purchases;
}

/** The calendar day that is the `number`-th of the replay; 1 is 1997-01-01. */
export function replayDay(number: number): string {
  return new Date(Date.parse(FIRST_DAY) + (number - 1) * 86_400_000).toISOString().slice(0, 10);
}

/** The reverse of `replayDay`. */
export function replayDayNumber(day: string): number {
  return (Date.parse(day) - Date.parse(FIRST_DAY)) / 86_400_000 + 1;
}
