//! Verifiers that share no code with ours judge the same files alike.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;
use std::process::Command;

/// Runs `tests/verifier`: every vector of `tests/vectors` with its verdict, mutations, and proofs made in Python.
#[test]
fn the_verifier_in_python_gives_every_verdict() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("verifier");
    let output = Command::new("python3")
        .args(["-B", "-c", "import sys; sys.exit(sys.version_info < (3, 9))"])
        .status()
        .is_ok_and(|version| version.success())
        .then(|| Command::new("python3").args(["-B", "-m", "unittest", "-v"]).current_dir(&folder).output().unwrap())
        .expect("this test needs python3, 3.9 or later: install it (apt-get install python3) or start with tests/all");
    let (said, report) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}{report}");
    assert!(output.status.success(), "python3 -m unittest in {}: {report}", folder.display());
    assert!(!report.contains("skipped"), "a test was skipped: {report}");
}
