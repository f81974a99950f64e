//! The `sealane` command line client.
//!
//! A command goes this way: [`args`] says what was asked, [`session`] knows who asks and of which node,
//! a file of [`commands`] does it, [`report`] says how it ended. Beneath lie [`home`] (the folder),
//! [`keyring`] (keys at rest), [`outbox`] and [`wallet`] (what was sent, and what was sealed in it),
//! [`deliver`] (a write that may be repeated safely) and [`client`] (the node's API).
//!
//! Exit codes: 0 done, 1 failed or refused, 2 usage, 3 verification failed.

mod args;
mod audit;
mod client;
mod clock;
mod commands;
mod deliver;
mod evidence;
mod failure;
mod files;
mod home;
mod keyring;
mod lang;
mod outbox;
mod passphrase;
mod report;
mod seen;
mod session;
#[cfg(test)]
mod testing;
mod timestamp;
mod usage;
mod wallet;

use std::process::ExitCode;

/// A node allocates and frees many small pieces on many threads; the system's allocator took a quarter of its time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let words: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let lang = lang::Lang::choose(&words, |name| std::env::var(name).ok());
    let screen = report::Screen::new(words.iter().any(|word| word == "--json"), lang);
    let cli = match usage::parse(&words, lang) {
        Ok(cli) => cli,
        Err(stop) => return screen.stop(&stop),
    };
    // Half the cores take turns with the network; the ledger's own work has threads of its own.
    let threads = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).max(1));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return screen.failed(&failure::Failure::new("CLI-1006").with("why", error)),
    };
    match runtime.block_on(commands::run(cli, screen)) {
        Ok(report) => screen.done(&report),
        Err(failure) => screen.failed(&failure),
    }
}
