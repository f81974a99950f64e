//! `testnet/load`: how much a network of four nodes on this machine holds, and what it costs.

use clap::Parser;
use std::process::ExitCode;
use testnet::load::{Options, run};

/// As the nodes': what the load takes of the machine, they lack.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Brings up four nodes of its own and measures them in an open loop.
#[derive(Parser)]
struct Args {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Length of a step.
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// Records in a transaction, 1 to 200.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=200))]
    records_per_tx: u64,
    /// Transactions per second, or `max`.
    #[arg(long, default_value = "max")]
    rate: String,
    /// Seed of the synthetic organisations.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

// One thread sends: the machine's cores are for the nodes.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let rate = match args.rate.as_str() {
        "max" => None,
        text => match text.parse() {
            Ok(rate) if rate > 0 => Some(rate),
            _ => {
                eprintln!("--rate is a number of transactions per second, or max");
                return ExitCode::from(2);
            }
        },
    };
    let options = Options {
        seconds: args.seconds.max(1),
        records_per_tx: usize::try_from(args.records_per_tx).unwrap_or(1),
        rate,
        seed: args.seed,
    };
    let folder = match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            eprintln!("no temporary folder: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = match run(options, folder.path(), |line| eprintln!("{line}")).await {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    match serde_json::to_string(&report) {
        Ok(text) if args.json => println!("{text}"),
        _ => print_human(&report),
    }
    ExitCode::SUCCESS
}

fn print_human(r: &testnet::load::Report) {
    println!("highest rate held      {:.0} tx/s = {:.0} records/s", r.tx_per_s, r.records_per_s);
    println!("submit to final        p50 {:.0} ms, p99 {:.0} ms, p99.9 {:.0} ms", r.p50_ms, r.p99_ms, r.p999_ms);
    println!("CPU per transaction    {:.0} us on each of 4 nodes, {:.0} us in the client", r.cpu_us_per_tx_per_node, r.cpu_us_per_tx_client);
    println!("memory, disk           {:.0} MiB in the largest node, {:.0} bytes per record and node", r.rss_mib, r.disk_bytes_per_record);
    println!(
        "raw rates              verify {:.1} us, store {:.1} us, state {:.1} us on one of {} cores",
        r.t_verify_us, r.t_store_us, r.t_state_us, r.cores
    );
    println!(
        "limit                  {:.0} tx/s for {} record(s) and {} state key(s) per transaction; share reached {:.0} %",
        r.limit_tx_per_s, r.records_per_tx, r.state_keys_per_tx, r.share_of_limit * 100.0
    );
}
