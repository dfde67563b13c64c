/** Says what it was called with: by position, with a default, a date and an argument that is `null`. */
export async function main(first: string, count = 7, at?: Date, nothing: string | null = "default") {
  return { first, count, year: at?.getUTCFullYear() ?? null, nothing };
}
