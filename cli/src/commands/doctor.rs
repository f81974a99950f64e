//! `doctor`: what stands in the way of working, and what to do about it.

use crate::args::Global;
use crate::client::Client;
use crate::clock;
use crate::failure::Failure;
use crate::files;
use crate::home::Home;
use crate::report::{Colour, Report, Screen};
use crate::session::Session;
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// A clock may differ from the node's by this much, seconds.
const SKEW: u64 = 5;
/// Less free space than this (KiB) is too little for the outbox and wallet.
const FREE_KIB: u64 = 100 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Pass,
    Warn,
    Fail,
}

struct Finding {
    check: &'static str,
    verdict: Verdict,
    sentence: String,
}

struct Doctor {
    screen: Screen,
    findings: Vec<Finding>,
}

impl Doctor {
    fn note(&mut self, check: &'static str, verdict: Verdict, key: &str, args: &[(&str, &dyn std::fmt::Display)]) {
        let sentence = self.screen.say(key, args);
        self.findings.push(Finding { check, verdict, sentence });
    }

    fn fail(&mut self, check: &'static str, failure: &Failure) {
        let sentence = format!("{}: {}", failure.code(), failure.sentence(self.screen.lang));
        self.findings.push(Finding { check, verdict: Verdict::Fail, sentence });
    }

    fn report(&self) -> Report {
        let mut text = String::new();
        for finding in &self.findings {
            let (colour, key) = match finding.verdict {
                Verdict::Pass => (Colour::Green, "verdict.pass"),
                Verdict::Warn => (Colour::Yellow, "verdict.warn"),
                Verdict::Fail => (Colour::Red, "verdict.fail"),
            };
            let mark = self.screen.paint(colour, &self.screen.say(key, &[]));
            text.push_str(&format!("{mark}  {}  {}\n", finding.check, finding.sentence));
        }
        let name = |verdict| match verdict {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        let checks: Vec<_> = self
            .findings
            .iter()
            .map(|f| json!({ "check": f.check, "verdict": name(f.verdict), "sentence": f.sentence }))
            .collect();
        let failed = self.findings.iter().any(|finding| finding.verdict == Verdict::Fail);
        Report { json: json!({ "ok": !failed, "checks": checks }), text, exit: u8::from(failed) }
    }
}

/// Makes all checks that the earlier ones allow; exit code 1 when one failed.
pub async fn run(given: Global, screen: Screen) -> Result<Report, Failure> {
    let mut doctor = Doctor { screen, findings: Vec::new() };
    let home = Home::find(given.home.as_deref(), |name| std::env::var(name).ok())?;
    check_home(&mut doctor, &home)?;
    check_space(&mut doctor, home.path());
    match Session::new(given, screen) {
        Ok(session) => {
            check_keys(&mut doctor, &session);
            check_node(&mut doctor, &session).await;
        }
        Err(failure) => doctor.fail("config", &failure),
    }
    Ok(doctor.report())
}

fn check_home(doctor: &mut Doctor, home: &Home) -> Result<(), Failure> {
    let path = home.path().display();
    if !home.path().is_dir() {
        doctor.note("home", Verdict::Warn, "doctor.home.absent", &[("path", &path)]);
    } else if files::open_to_others(home.path())? {
        doctor.note("home", Verdict::Warn, "doctor.home.open", &[("path", &path)]);
    } else {
        doctor.note("home", Verdict::Pass, "doctor.home.good", &[("path", &path)]);
    }
    Ok(())
}

/// Free space by `df`, which POSIX defines: the standard library cannot ask.
fn free_kib(path: &Path) -> Option<u64> {
    let there = path.ancestors().find(|folder| folder.is_dir())?;
    let answer = Command::new("df").arg("-Pk").arg(there).output().ok().filter(|answer| answer.status.success())?;
    String::from_utf8(answer.stdout).ok()?.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

fn check_space(doctor: &mut Doctor, path: &Path) {
    let shown = path.display();
    match free_kib(path) {
        Some(free) => {
            let verdict = if free < FREE_KIB { Verdict::Fail } else { Verdict::Pass };
            let key = if free < FREE_KIB { "doctor.space.low" } else { "doctor.space.good" };
            doctor.note("space", verdict, key, &[("path", &shown), ("mib", &(free / 1024)), ("least", &(FREE_KIB / 1024))]);
        }
        None => doctor.note("space", Verdict::Warn, "doctor.space.unknown", &[("path", &shown)]),
    }
}

fn check_keys(doctor: &mut Doctor, session: &Session) {
    let keyring = session.keyring();
    let names = match keyring.names() {
        Ok(names) => names,
        Err(failure) => return doctor.fail("keys", &failure),
    };
    if names.is_empty() {
        return doctor.note("keys", Verdict::Warn, "doctor.keys.none", &[]);
    }
    for name in &names {
        if let Err(failure) = keyring.read(name) {
            doctor.fail("keys", &failure);
        }
    }
    let keys = &session.config.keys;
    for name in [&keys.record, &keys.api, &keys.maker, &keys.checker].into_iter().flatten() {
        if !names.contains(name) {
            doctor.note("keys", Verdict::Fail, "doctor.keys.named", &[("name", name)]);
        }
    }
    doctor.note("keys", Verdict::Pass, "doctor.keys.count", &[("count", &names.len())]);
}

async fn check_node(doctor: &mut Doctor, session: &Session) {
    match session.member() {
        Ok(member) => doctor.note("member", Verdict::Pass, "doctor.member", &[("member", &member)]),
        Err(failure) => doctor.fail("member", &failure),
    }
    let founding = match session.founding() {
        Ok(founding) => {
            let (origin, id) = (&founding.genesis.origin, &founding.id);
            doctor.note("genesis", Verdict::Pass, "doctor.genesis", &[("origin", origin), ("id", id)]);
            Some(founding)
        }
        Err(failure) => {
            doctor.fail("genesis", &failure);
            None
        }
    };
    let client: Client = match session.public_client() {
        Ok(client) => client,
        Err(failure) => return doctor.fail("node", &failure),
    };
    match client.status().await {
        Ok(status) => {
            let args: [(&str, &dyn std::fmt::Display); 3] =
                [("url", &client.url()), ("node", &status.node), ("height", &status.height)];
            doctor.note("node", Verdict::Pass, "doctor.node", &args);
            match founding {
                Some(founding) if founding.id != status.ledger => {
                    let failure = Failure::new("CLI-3001").with("ours", founding.id).with("theirs", status.ledger);
                    doctor.fail("ledger", &failure);
                }
                Some(_) => doctor.note("ledger", Verdict::Pass, "doctor.ledger", &[]),
                None => {}
            }
        }
        Err(failure) => return doctor.fail("node", &failure),
    }
    match client.clock().await {
        Ok(Some(theirs)) => {
            let skew = theirs.abs_diff(clock::seconds());
            let (verdict, key) =
                if skew > SKEW { (Verdict::Fail, "doctor.clock.off") } else { (Verdict::Pass, "doctor.clock.good") };
            doctor.note("clock", verdict, key, &[("skew", &skew), ("most", &SKEW)]);
        }
        Ok(None) => doctor.note("clock", Verdict::Warn, "doctor.clock.unknown", &[]),
        Err(failure) => doctor.fail("clock", &failure),
    }
}

#[cfg(test)]
mod tests;
