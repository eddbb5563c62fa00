//! Arguments -> command -> exit status.

use std::process::ExitCode;

use clap::Parser;
use trailgraph::runtime::cli::{Arguments, Failure};

/// An event is many small allocations, made by one thread and freed by it: where the service runs, half of its time went there.
#[cfg(feature = "kafka")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
