//! Arguments -> command -> exit status.

use std::process::ExitCode;

use clap::Parser;
use trailgraph::runtime::cli::{Arguments, Failure};

fn main() -> ExitCode {
    match Arguments::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Call(message)) => fail(2, &message),
        Err(Failure::Work(error)) => fail(1, &format!("{error:#}")),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("trailgraph: {message}");
    ExitCode::from(code)
}
