//! `selvedge completions`: the script by which a shell completes commands, options and the names of the catalog.

use anyhow::Result;
use clap::CommandFactory;
use clap::builder::PossibleValuesParser;

use super::args::{Args, CompletionsArgs};
use super::{Outcome, output};

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Outcome> {
    let mut names = Vec::new();
    for scenario in crate::catalog() {
        names.push(scenario.name.to_owned());
        names.extend(
            scenario
                .variants
                .iter()
                .map(|v| format!("{}/{}", scenario.name, v.name)),
        );
    }
    // Names are offered, and anything else is taken all the same: this command is only written down.
    let names = |argument: &'static str| {
        let names = PossibleValuesParser::new(names.clone());
        move |command: clap::Command| command.mut_arg(argument, |arg| arg.value_parser(names))
    };
    let mut command = Args::command()
        .mut_subcommand("list", names("filter"))
        .mut_subcommand("run", names("filter"))
        .mut_subcommand("show", names("name"))
        .mut_subcommand("play", names("name"));
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "selvedge", &mut script);
    output::print(&String::from_utf8(script)?)?;
    Ok(Outcome::AsExpected)
}
