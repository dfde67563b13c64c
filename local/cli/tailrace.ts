import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type Failure, failureOf } from "./cli_error.ts";
import { type CommandResult, EXIT } from "./command_result.ts";
import type { ErrorsOptions } from "./errors_command.ts";
import { HELP } from "./help.ts";
import type { PlanOptions } from "./plan_command.ts";
import { createPrinter } from "./printer.ts";
import type { RowsOptions } from "./rows_command.ts";
import type { RunOptions } from "./run_command.ts";
import type { StatusOptions } from "./status_command.ts";
import type { Surroundings } from "./surroundings.ts";
import type { WorkspaceOptions } from "./workspace.ts";

/**
 * Runs one command line and answers its exit code. Results go to stdout, as text or, with `--json`, as one document; progress and
 * everything that went wrong go to stderr. Throws nothing.
 *
 * @param args What follows `npx tailrace`.
 */
export async function tailrace(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, environment } = surroundings;
  const json = args.includes("--json");
  let exit: number = EXIT.fine;
  const fail = ({ code, message, details }: Omit<Failure, "exit">) => {
    if (json) stdout.write(`${JSON.stringify({ error: { code, message: message.trim(), details } })}\n`);
    const { colors } = createPrinter(stderr, environment);
    stderr.write(`${colors.red(`${code}:`)} ${message.trim()}\n`);
  };
  const show = async (work: Promise<CommandResult>) => {
    const result = await work;
    exit = result.exit;
    const text = json ? JSON.stringify(result.document) : result.text(createPrinter(stdout, environment));
    stdout.write(`${text}\n`);
  };
  try {
    await program(surroundings, show).parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.fine;
      if (error.code !== "commander.help")
        fail({ code: "CLI_USAGE", message: usageMessage(error), details: {} });
      return EXIT.usage;
    }
    const failure = failureOf(error);
    fail(failure);
    return failure.exit;
  }
}

/** Commander's words as a sentence, with its suggestion if it has one. */
function usageMessage({ message }: CommanderError): string {
  const told = message
    .replace(/^error: /, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
  return `${told.replace(/[.)]?$/, (end) => end || ".")} Nothing was done; --help lists what there is.`;
}

/** Each command is loaded when it is asked for: together they take seconds. */
function program(surroundings: Surroundings, show: (work: Promise<CommandResult>) => Promise<void>): Command {
  const { stdout, stderr } = surroundings;
  const root = new Command("tailrace")
    .description("Declares, plans, runs and explains what is synced to HubSpot.")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // An error is printed once, with its code, by whoever catches it.
      outputError: () => {},
    })
    .addHelpText("after", HELP);

  command(root, "check", "validate flows/, resources/ and the build, and print the graph").action(() =>
    show(import("./check_command.ts").then(({ checkCommand }) => checkCommand(surroundings))),
  );
  withHubSpot(
    command(root, "preflight", "compare a sync's mapping with the source and with HubSpot's properties"),
  )
    .argument("<sync>", "key of the sync, such as hubspot/contacts")
    .action((sync: string, options: WorkspaceOptions) =>
      show(
        import("./preflight_command.ts").then(({ preflightCommand }) =>
          preflightCommand(surroundings, sync, options),
        ),
      ),
    );
  withHubSpot(
    command(root, "plan", "show what a run would send, under the id that approves it; sends nothing"),
  )
    .argument("<sync|job>", "key of a sync, or name of a job")
    .addOption(resync())
    .option("--show-values", "show the sample's values, which may be personal")
    .action((name: string, options: PlanOptions) =>
      show(import("./plan_command.ts").then(({ planCommand }) => planCommand(surroundings, name, options))),
    );
  withHubSpot(command(root, "run", "run a job's compiled flow on this machine"))
    .argument("<job>", "name of the job, such as hubspot_contacts")
    .option("--select <selection>", "compute only these assets: hubspot/contacts, group:crm, …")
    .option("--approve <plan>", "apply exactly this held or dry-run plan, once")
    .addOption(resync())
    .option("--dbt-full-refresh", "let dbt rebuild incremental models")
    .option("--dry-run", "send nothing; plan shows more")
    .action((job: string, options: RunOptions) =>
      show(import("./run_command.ts").then(({ runCommand }) => runCommand(surroundings, job, options))),
    );
  withWarehouse(command(root, "status", "last runs, rows in doubt and rejected, and who holds the lease"))
    .argument("[sync]", "key of a sync; all of them when left out")
    .option("--runs <number>", "how many runs are shown", count(1, 1000), 5)
    .action((sync: string | undefined, options: StatusOptions) =>
      show(
        import("./status_command.ts").then(({ statusCommand }) => statusCommand(surroundings, sync, options)),
      ),
    );
  withWarehouse(
    command(root, "errors", "the rows that HubSpot or a guard refuses, by reason and by source id"),
  )
    .argument("<sync>", "key of the sync")
    .option("--code <code>", "only this reason, such as INVALID_OPTION")
    .option("--limit <number>", "how many rows are listed", count(1, 100_000), 20)
    .action((sync: string, options: ErrorsOptions) =>
      show(
        import("./errors_command.ts").then(({ errorsCommand }) => errorsCommand(surroundings, sync, options)),
      ),
    );
  withWarehouse(command(root, "rows", "all about source rows: source, state, rejection and every attempt"))
    .argument("<sync>", "key of the sync")
    .argument("<id...>", "source ids")
    .option("--limit <number>", "how many plans and calls of a row are shown", count(1, 10_000), 50)
    .option("--show-values", "show the row's values, which may be personal")
    .action((sync: string, ids: string[], options: RowsOptions) =>
      show(
        import("./rows_command.ts").then(({ rowsCommand }) => rowsCommand(surroundings, sync, ids, options)),
      ),
    );
  withWarehouse(command(root, "migrate", "make the tables of a job's syncs, where they are missing"))
    .argument("<job>", "name of the job")
    .action((job: string, options: WorkspaceOptions) =>
      show(
        import("./migrate_command.ts").then(({ migrateCommand }) =>
          migrateCommand(surroundings, job, options),
        ),
      ),
    );
  root
    .command("simulator")
    .description("a HubSpot on this machine; its own --help lists its options")
    .argument("[options...]")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (options: string[]) => {
      // The simulator reads its own command line, ends itself on SIGINT and SIGTERM, and keeps the process until then.
      process.argv.splice(2, process.argv.length, ...options);
      await import("../hubspot_simulator/main.ts");
    });
  return root;
}

function command(root: Command, name: string, description: string): Command {
  return root.command(name).description(description).option("--json", "print one JSON document on stdout");
}

function withWarehouse(made: Command): Command {
  return made
    .option("--data <folder>", "use the warehouse that npm start -- --data left there")
    .option(
      "--resources <file>",
      "use these resources (default: tailrace.resources.yaml, when there is one)",
    );
}

function withHubSpot(made: Command): Command {
  return withWarehouse(made).option("--hubspot <url>", "with --data: a HubSpot that already runs");
}

function resync(): Option {
  return new Option(
    "--resync <what>",
    "all: every property of every row; rejected: rejected rows now",
  ).choices(["changes", "all", "rejected"]);
}

function count(smallest: number, largest: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= smallest && number <= largest) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${smallest} to ${largest}.`);
  };
}
